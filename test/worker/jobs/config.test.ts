import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../../src/http/jobs/create-app.ts";
import { owns } from "../../../src/http/kit/face.ts";

const request = z.object({ url: z.string() });
const result = z.object({ text: z.string() });
const build = (config: unknown, settings?: z.ZodObject, ambient: Record<string, unknown> = {}) =>
  createApp(request, result, settings, config as never, ambient);

describe("an app", () => {
  it("is built without a call to anything", () => {
    const fetch = vi.spyOn(globalThis, "fetch");
    const app = build({ queue: "Q", endpointPrefix: "/v1/" });
    expect(fetch).not.toHaveBeenCalled();
    expect(["/v1/jobs", "/v1", "/jobs"].map((path) => owns(app.face, path))).toEqual([true, true, false]);
    fetch.mockRestore();
  });

  it.each<[unknown, RegExp]>([
    [{ endpointPrefix: "v1" }, /endpointPrefix/],
    [{ endpointPrefix: "/v1/:id" }, /endpointPrefix/],
    [{ basicAuth: { force: true } }, /basicAuth\.password/],
    [{ basicAuth: { force: "True" } }, /basicAuth\.force/],
    [{ basicAuth: { force: 1, password: "x" } }, /basicAuth\.force/],
    [{ basicAuth: { force: true, password: "" } }, /basicAuth\.password/],
    [{ basicAuth: { force: true, username: "a:b", password: "x" } }, /basicAuth\.username/],
    [{ onJobRequest: "hook" }, /onJobRequest/],
    [{ authorizeJobRequest: {} }, /authorizeJobRequest/],
    [{ transformJobRequest: null }, /transformJobRequest/],
    [{ queue: "" }, /queue/],
    [{ recordTtlDays: 0 }, /recordTtlDays/],
    [{ jsonAsAscii: "yes" }, /jsonAsAscii/],
    [{ strictTransition: true }, /strictTransition/],
  ])("whose config %j cannot work is not built, and the field is named", (config, named) => {
    expect(() => build(config)).toThrow(named);
  });

  it("names the settings fields that have no default", () => {
    const settings = z.object({
      a: z.string(),
      b: z.int().default(1),
      c: z.boolean().optional(),
      d: z.number(),
    });
    expect(() => build({}, settings)).toThrow(/without a default: a, d$/);
  });

  it("takes object schemas alone", () => {
    expect(() => createApp(z.string() as never, result)).toThrow(/request/);
    expect(() => createApp(request, undefined as never)).toThrow(/response/);
  });

  it("finds a forced password among the variables that are there when it is built", () => {
    expect(() =>
      build({ basicAuth: { force: true } }, undefined, { BASIC_AUTH_PASSWORD: "secret" }),
    ).not.toThrow();
  });
});
