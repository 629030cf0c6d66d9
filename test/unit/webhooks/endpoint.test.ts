import { describe, expect, it } from "vitest";
import { subscriptionsOf, type WebhookEndpoint } from "../../../src/domain/webhooks/endpoint.ts";
import { secretBytes } from "../../../src/domain/webhooks/secret.ts";

const secretOfBytes = (count: number): string => `whsec_${btoa("k".repeat(count))}`;
const SECRET = secretOfBytes(32);
const anEndpoint: WebhookEndpoint = {
  url: "https://example.com/hook",
  secretName: "HOOK_SECRET",
  events: ["job.failed"],
};

const check = (
  endpoint: Partial<WebhookEndpoint>,
  secrets: Record<string, unknown> = { HOOK_SECRET: SECRET },
) =>
  subscriptionsOf([anEndpoint, { ...anEndpoint, ...endpoint }], (name) => secrets[name], {
    allowLoopback: false,
  });

describe("the deployer's endpoints", () => {
  it("become subscriptions that name their secrets and do not hold them", () => {
    const outcome = check({});
    expect(outcome).toMatchObject({
      kind: "ok",
      subscriptions: [
        {
          url: anEndpoint.url,
          signer: { kind: "service", secretName: "HOOK_SECRET" },
          events: ["job.failed"],
        },
        {},
      ],
    });
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
  });

  it.each([
    [{ secretName: "OTHER" }, {}, "webhookEndpoints[1]: the secret OTHER is missing"],
    [{ secretName: "OTHER" }, { OTHER: "" }, "webhookEndpoints[1]: the secret OTHER is missing"],
    [{ secretName: "OTHER" }, { OTHER: {} }, "webhookEndpoints[1]: the secret OTHER is missing"],
    [{ secretName: "OTHER" }, { OTHER: "not-a-secret-of-ours" }, /the secret OTHER must be `whsec_`/],
    [{ url: "http://example.com" }, {}, /webhookEndpoints\[1\]: the URL must be an absolute https URL/],
    [{ url: "https://10.0.0.1/" }, {}, /webhookEndpoints\[1\]: the URL must not name a private/],
    [{ events: [] }, {}, /webhookEndpoints\[1\]: events must name at least one/],
  ])("are refused with what is wrong named: %j with %j", (endpoint, secrets, problem) => {
    const outcome = check(endpoint, { HOOK_SECRET: SECRET, ...secrets });
    if (outcome.kind !== "refused") throw new Error("accepted");
    expect(outcome.problems).toHaveLength(1);
    expect(outcome.problems[0]).toMatch(problem);
    expect(outcome.problems[0]).not.toContain("not-a-secret-of-ours");
  });
});

describe("a secret", () => {
  it("is whsec_ and the base64 of 24 to 64 bytes", () => {
    expect(secretBytes(SECRET)).toEqual(new Uint8Array(32).fill("k".charCodeAt(0)));
    expect(secretBytes(secretOfBytes(24))).toHaveLength(24);
    expect(secretBytes(secretOfBytes(64))).toHaveLength(64);
  });

  it.each([
    secretOfBytes(23),
    secretOfBytes(65),
    btoa("k".repeat(32)),
    `WHSEC_${btoa("k".repeat(32))}`,
    `${SECRET} `,
    `${SECRET}=`,
    "whsec_",
    "whsec_====",
    `whsec_${"-_".repeat(16)}`,
    "",
  ])("is not %j", (text) => {
    expect(secretBytes(text)).toBeNull();
  });
});
