import { SELF } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { createApp } from "../../../src/http/jobs/create-app.ts";
import { withKey } from "../support/suite-key.ts";
import { Api, apiOf, plainApi, request, result, settings } from "./support/app.ts";

const count = async (): Promise<number> => (await plainApi().list("?limit=500")).jobs.length;
const basic = (text: string): Record<string, string> => ({ authorization: `Basic ${btoa(text)}` });

describe("hooks", () => {
  it("authorization sees the raw body before anything is validated, and its answer is sent as it is", async () => {
    const seen: unknown[] = [];
    const api = plainApi({
      authorizeJobRequest: (payload, c) => {
        seen.push(payload, c.req.header("x-user"));
        return payload.token === "right" ? null : c.json({ message: "who are you" }, 403);
      },
    });
    const before = await count();
    const refused = await api.call("POST", "/jobs", { url: 7, token: "wrong" }, { "x-user": "u1" });
    expect([refused.status, await refused.json()]).toEqual([403, { message: "who are you" }]);
    expect(seen).toEqual([{ url: 7, token: "wrong" }, "u1"]);
    expect((await api.call("POST", "/jobs", { url: 7, token: "right" })).status).toBe(422);
    expect(await count()).toBe(before);
    expect((await api.create({ url: "x", token: "right" })).request_payload).toEqual({ url: "x", size: 3 });
  });

  it.each([false, true, "no", {}])("authorization that returns %j fails closed", async (answer) => {
    const api = plainApi({ authorizeJobRequest: () => answer as never });
    const before = await count();
    expect((await api.call("POST", "/jobs", { url: "x" })).status).toBe(500);
    expect(await count()).toBe(before);
  });

  it("transformation wins over what the client sent, and is what is stored and queued", async () => {
    const api = plainApi({
      transformJobRequest: (payload) => ({ ...payload, url: "https://mine", size: 9 }),
    });
    expect((await api.create({ url: "theirs" })).request_payload).toEqual({ url: "https://mine", size: 9 });
  });

  it("a transformation that does not fit is a 422 of the same shape, with its places", async () => {
    const api = plainApi({ transformJobRequest: () => ({ url: 5 }) as never });
    const response = await api.call("POST", "/jobs", { url: "x" });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ type: "invalid_type", loc: ["url"] }] });
  });

  it.each(["authorizeJobRequest", "transformJobRequest"])("%s that throws stores nothing", async (name) => {
    const api = plainApi({
      [name]: () => {
        throw new Error("a secret of the hook");
      },
    });
    const before = await count();
    const response = await api.call("POST", "/jobs", { url: "x" });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(await count()).toBe(before);
    expect(
      (await plainApi({ transformJobRequest: () => null as never }).call("POST", "/jobs", { url: "x" }))
        .status,
    ).toBe(500);
  });

  it("onJobRequest gets the job's id and the job as it is stored and queued", async () => {
    const onJobRequest = vi.fn();
    const job = await plainApi({ onJobRequest }).create();
    expect(onJobRequest).toHaveBeenCalledWith({ jobId: job.job_id, job }, expect.anything());
    expect(job.status).toBe("queued");
  });

  it("onJobRequest that throws leaves the job in error, and the client is told with 201", async () => {
    const api = plainApi({ onJobRequest: () => Promise.reject(new Error("no room")) });
    const job = await api.create();
    expect(job).toMatchObject({ status: "error", errors: ["ERROR - no room"] });
    expect(job.completed_datetime).toEqual(expect.any(String));
    expect(await api.job(job.job_id)).toEqual(job);
  });
});

describe("settings", () => {
  const configured = () => apiOf(createApp(request, result, settings));

  it("a patch merges, and the server owns updated_datetime", async () => {
    const api = configured();
    const first = await api.json("/settings");
    expect(first).toEqual({ model: "small", limit: 5, updated_datetime: expect.stringMatching(/\+00:00$/) });
    const patched = await api.call("PATCH", "/settings", { model: "large" });
    expect([patched.status, await patched.json()]).toMatchObject([202, { model: "large", limit: 5 }]);
    const again = {
      ...(await api.json("/settings")),
      limit: 7,
      updated_datetime: "2001-01-01T00:00:00+00:00",
    };
    expect((await api.call("PATCH", "/settings", again)).status).toBe(202);
    const now = await api.json<{ updated_datetime: string }>("/settings");
    expect(now).toMatchObject({ model: "large", limit: 7 });
    expect(Date.parse(now.updated_datetime)).toBeGreaterThan(Date.parse("2026-01-01"));
    const job = await api.create();
    expect(job.settings).toEqual(now);
    await api.call("PATCH", "/settings", { limit: 1 });
    expect((await api.job(job.job_id)).settings).toEqual(now);
  });

  it("concurrent patches of different fields lose nothing", async () => {
    const api = configured();
    const patches = [{ model: "m1" }, { limit: 2 }].map((patch) => api.call("PATCH", "/settings", patch));
    expect((await Promise.all(patches)).map((response) => response.status)).toEqual([202, 202]);
    expect(await api.json("/settings")).toMatchObject({ model: "m1", limit: 2 });
  });

  it.each<[unknown]>([[{ unknown: 1 }], [{ limit: "text" }], [{ limit: 11 }], [{ constructor: 1 }], [[]]])(
    "the patch %j is refused and changes nothing",
    async (patch) => {
      const api = configured();
      const before = await api.json("/settings");
      expect((await api.call("PATCH", "/settings", patch)).status).toBe(422);
      expect(await api.json("/settings")).toEqual(before);
    },
  );

  it("a stored field that no longer fits the model falls back to its default", async () => {
    const api = configured();
    await api.call("PATCH", "/settings", { limit: 9, model: "kept" });
    const stricter = apiOf(
      createApp(request, result, settings.extend({ limit: settings.shape.limit.unwrap().max(8).default(4) })),
    );
    expect(await stricter.json("/settings")).toMatchObject({ limit: 4, model: "kept" });
  });

  it("are 404 in JSON without a model", async () => {
    const response = await plainApi().get("/settings");
    expect([response.status, await response.json()]).toEqual([404, { message: expect.any(String) }]);
  });
});

describe("basic auth", () => {
  const guarded = plainApi({ basicAuth: { force: true, username: "user", password: "pass:word" } });

  it("covers every route of the face and the description, with a realm, and not the health check", async () => {
    const paths = ["/jobs", "/jobs/x", "/openapi", "/openapi/schema", "/openapi/openapi.json"];
    for (const path of paths) {
      const response = await guarded.get(path);
      expect([path, response.status]).toEqual([path, 401]);
      expect(response.headers.get("www-authenticate")).toMatch(/^Basic realm="[^"]+"/);
      expect(await response.json()).toEqual({ message: expect.any(String) });
    }
    for (const [method, path] of [
      ["POST", "/jobs"],
      ["PUT", "/jobs/x"],
      ["PATCH", "/jobs/x"],
    ] as const)
      expect((await guarded.call(method, path, {})).status).toBe(401);
    expect((await guarded.get("/healthcheck")).status).toBe(200);
    expect((await guarded.call("OPTIONS", "/jobs")).status).toBe(200);
  });

  it.each(["user:pass:wor", "user:pass:wordx", "user", "", "User:pass:word", ":"])(
    "refuses %j",
    async (text) => {
      expect((await guarded.get("/jobs", basic(text))).status).toBe(401);
    },
  );

  it("takes the credentials, whatever the case of the scheme", async () => {
    expect((await guarded.get("/jobs", basic("user:pass:word"))).status).toBe(200);
    expect((await guarded.get("/jobs", { authorization: `bASIC ${btoa("user:pass:word")}` })).status).toBe(
      200,
    );
    expect((await guarded.get("/openapi/openapi.json", basic("user:pass:word"))).status).toBe(200);
  });

  it("takes its credentials from the secrets, and guards routes of the deployer's own", async () => {
    const secrets = { BASIC_AUTH_USERNAME: "u", BASIC_AUTH_PASSWORD: "p" };
    const app = createApp(request, result, undefined, { basicAuth: { force: true } }, secrets);
    app.get("/mine", app.requireAuth, (c) => c.text("mine"));
    const api = new Api(app, secrets, false);
    expect((await api.get("/jobs", basic("u:p"))).status).toBe(200);
    expect((await api.get("/mine")).status).toBe(401);
    expect(await (await api.get("/mine", basic("u:p"))).text()).toBe("mine");
    expect((await new Api(app).get("/jobs", basic("apibasicauthuser:"))).status).toBe(500);
  });

  it("is in the description as a security scheme", async () => {
    const response = await guarded.get("/openapi/openapi.json", basic("user:pass:word"));
    const document = await response.json<{
      components: object;
      paths: Record<string, Record<string, object>>;
    }>();
    expect(document.components).toMatchObject({
      securitySchemes: { basicAuth: { type: "http", scheme: "basic" } },
    });
    expect(document.paths["/jobs"]?.post).toMatchObject({
      security: [{ basicAuth: [] }, { bearerKey: [] }, { headerKey: [] }],
    });
    expect(document.paths["/healthcheck"]?.get).not.toHaveProperty("security");
  });
});

describe("CORS and paths", () => {
  const app = createApp(request, result, undefined, { endpointPrefix: "/v1" });
  const api = apiOf(app);

  it("every answer has the headers of the contract, errors included", async () => {
    for (const path of ["/v1/jobs", "/v1/jobs/x", "/v1/nothing", "/elsewhere", "/v1/healthcheck"]) {
      const { headers } = await api.get(path);
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-allow-methods")).toBe("*");
      expect(headers.get("access-control-allow-headers")).toBe("Origin,Content-Type,Accept,Authorization");
    }
    expect((await api.get("/v1/jobs")).headers.get("access-control-expose-headers")).toMatch(/^X-Next/);
  });

  it("OPTIONS is 200 on a path that exists, and elsewhere 204 for a preflight and 404 for the rest", async () => {
    const preflight = { origin: "https://a.example", "access-control-request-method": "PATCH" };
    const known = await api.call("OPTIONS", "/v1/jobs/x", undefined, {
      ...preflight,
      "access-control-request-headers": "if-match,x-other",
    });
    expect([known.status, await known.text()]).toEqual([200, ""]);
    expect(known.headers.get("allow")).toBe("GET, PUT, PATCH, DELETE, HEAD, OPTIONS");
    expect(known.headers.get("access-control-allow-headers")).toBe(
      "Origin,Content-Type,Accept,Authorization,if-match,x-other",
    );
    expect((await api.call("OPTIONS", "/v1/nothing", undefined, preflight)).status).toBe(204);
    const plain = await api.call("OPTIONS", "/elsewhere");
    expect([plain.status, await plain.json()]).toEqual([404, { message: expect.any(String) }]);
  });

  it("unknown paths are 404 and wrong methods 405 with Allow, both in JSON; the prefix holds everywhere", async () => {
    for (const path of ["/jobs", "/v1/jobs/a/b", "/v1", "/v1/settings"]) {
      const response = await api.get(path);
      expect([path, response.status, await response.json()]).toEqual([
        path,
        404,
        { message: expect.any(String) },
      ]);
    }
    const wrong = await api.call("POST", "/v1/jobs/x", {});
    expect([wrong.status, await wrong.json()]).toEqual([405, { message: expect.any(String) }]);
    expect(wrong.headers.get("allow")).toContain("PATCH");
  });

  it("HEAD is GET without its body", async () => {
    const response = await api.call("HEAD", "/v1/jobs");
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(response.headers.get("x-next")).not.toBeNull();
  });

  it("the description is one document in three forms, with every script our own", async () => {
    const page = await (await api.get("/openapi")).text();
    expect(page).not.toMatch(/https?:\/\//);
    const yaml = await (await api.get("/openapi/schema")).text();
    expect(yaml).toMatch(/^openapi: 3\.1\.0/);
    const document = await api.json<{ paths: object; openapi: string }>("/openapi/openapi.json");
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(["/v1/jobs", "/v1/jobs/{job_id}", "/v1/healthcheck"]),
    );
    expect(
      Object.keys(
        (document.paths as Record<string, { patch: { responses: object } }>)["/v1/jobs/{job_id}"]?.patch
          .responses ?? {},
      ),
    ).toContain("202");
  });

  it("an app can be extended, and an error of an added route is the face's", async () => {
    const mine = createApp(request, result);
    mine.get("/mine", (c) => c.text("mine"));
    mine.get("/broken", () => {
      throw new Error("inside");
    });
    expect(await (await apiOf(mine).get("/mine")).text()).toBe("mine");
    expect(await (await apiOf(mine).get("/broken")).json()).toEqual({
      message: "Something failed on our side",
    });
  });

  it("an app without its bindings says so in its log and answers 500", async () => {
    const response = await createApp(request, result).request("/jobs");
    expect([response.status, await response.json()]).toEqual([500, { message: expect.any(String) }]);
  });
});

describe("the service", () => {
  it("serves the typed jobs beside the other faces, each with its own errors and CORS, in one description", async () => {
    const fetch = (path: string, init: RequestInit = {}) =>
      SELF.fetch(`http://sandpiper.test${path}`, {
        ...init,
        headers: withKey(path, new Headers(init.headers)),
      });
    const post = { method: "POST", headers: { "content-type": "application/json" } };
    const created = await fetch("/jobs", {
      ...post,
      body: JSON.stringify({ image_url: "https://a.example/i.png" }),
    });
    expect(created.status).toBe(201);
    const missing = await fetch("/jobs/a/b");
    expect([missing.status, await missing.json()]).toEqual([404, { message: expect.any(String) }]);
    const wrong = await fetch("/jobs", { method: "DELETE" });
    expect([wrong.status, await wrong.json()]).toEqual([405, { message: expect.any(String) }]);
    const preflight = {
      method: "OPTIONS",
      headers: { origin: "https://a", "access-control-request-method": "PUT" },
    };
    expect((await fetch("/jobs/x", preflight)).headers.get("access-control-allow-methods")).toBe("*");
    expect(await (await fetch("/nothing")).json()).toHaveProperty("type");
    const { paths } = await (await fetch("/openapi/openapi.json")).json<{ paths: object }>();
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/jobs", "/jobs/{job_id}", "/settings", "/submit"]),
    );
  });

  it("lists no run: its id is the only key to it", async () => {
    const { jobs } = await new Api({ fetch: (request) => SELF.fetch(request) }).list();
    expect(jobs.every((job) => !job.job_id.startsWith("job-"))).toBe(true);
  });
});
