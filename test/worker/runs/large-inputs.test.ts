import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { bucketKeys } from "../../../src/domain/keys.ts";
import { INLINE_BYTES } from "../../../src/wire/limits.ts";
import { isSame } from "../../unit/uploads/support/submit.ts";
import { expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { bucketApi } from "../support/faults.ts";
import { HandExecutor, inputsOf, stdinOf } from "../support/hand-executor.ts";
import { bucketKeysOf, jobStub, NO_TRACE, objectIdOf, traceOf, worldOf } from "../support/objects.ts";
import { files, manifest, noise, upload, uploaded } from "../support/uploads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => vi.restoreAllMocks());
afterAll(() => executor.uninstall());

const MIB = 1_048_576;
const TAR_OVERHEAD = 512 + 1_024;

/** Multipart uploads into the bucket: how many were begun, and how many ended which way. */
const watchMultipart = () => {
  const seen = { begun: 0, parts: 0, completed: 0, aborted: 0 };
  const begin = bucketApi.createMultipartUpload;
  vi.spyOn(bucketApi, "createMultipartUpload").mockImplementation(async function (this: R2Bucket, ...args) {
    const real = await begin.apply(this, args);
    seen.begun += 1;
    return {
      key: real.key,
      uploadId: real.uploadId,
      uploadPart: (...part) => {
        seen.parts += 1;
        return real.uploadPart(...part);
      },
      complete: (parts) => {
        seen.completed += 1;
        return real.complete(parts);
      },
      abort: () => {
        seen.aborted += 1;
        return real.abort();
      },
    };
  });
  return seen;
};

describe("inputs of a run", () => {
  it("stay in the job object up to 128 KiB of tar, and go to the bucket above", async () => {
    const client = new Client();
    const fits = await uploaded(client, files("main.py", noise(INLINE_BYTES - TAR_OVERHEAD)));
    const larger = await uploaded(client, files("main.py", noise(INLINE_BYTES - TAR_OVERHEAD + 1)));
    const [small, large] = [await executor.of(fits), await executor.of(larger)];
    expect(small.request.inputs).toMatchObject([{ kind: "tar", blob: { kind: "inline" } }]);
    expect(await bucketKeysOf(bucketKeys.prefix(objectIdOf(fits)))).toEqual([]);
    expect(large.request.inputs).toMatchObject([{ kind: "tar", blob: { kind: "url" } }]);
    expect(await bucketKeysOf(bucketKeys.prefix(objectIdOf(larger)))).toEqual([
      bucketKeys.inputs(objectIdOf(larger)),
    ]);
    await small.finish();
    await large.finish();
  });

  it("are fetched by a presigned URL that names neither the job nor a secret", async () => {
    const client = new Client();
    const id = await uploaded(client, files("main.py", noise(200_000)));
    const attempt = await executor.of(id);
    const [input] = attempt.request.inputs;
    const url = new URL(input?.blob.kind === "url" ? input.blob.url : "none:");
    expect(url.origin + url.pathname).toBe(`http://r2.test/sandpiper/${bucketKeys.inputs(objectIdOf(id))}`);
    expect(Number(url.searchParams.get("X-Amz-Expires"))).toBeGreaterThan(600);
    expect(url.searchParams.get("X-Amz-Signature")).toMatch(/^[0-9a-f]{64}$/);
    expect(url.href).not.toContain(id.slice(4));
    expect(url.href).not.toContain("local-secret");
    await attempt.finish();
  });

  it("have large standard input in the bucket too", async () => {
    const client = new Client();
    const stdin = "0123456789abcdef".repeat(20_000);
    const id = await client.submit({ code: "1", stdin });
    const attempt = await executor.of(id);
    expect(attempt.request.program.stdin).toMatchObject({ kind: "url", sizeBytes: stdin.length });
    expect(await stdinOf(attempt.request)).toBe(stdin);
    await attempt.finish();
  });

  it("of 12 MiB stream into the bucket in parts and come out byte for byte", async () => {
    const seen = watchMultipart();
    const content = noise(12 * MIB);
    const client = new Client();
    const id = await uploaded(client, files("main.py", "1"), files("data.bin", content));
    expect(seen).toEqual({ begun: 1, parts: 2, completed: 1, aborted: 0 });
    const attempt = await executor.of(id);
    const tar = await inputsOf(attempt.request);
    const start = 512 + 512 + 512;
    expect(isSame(tar.subarray(start, start + content.length), content)).toBe(true);
    await attempt.finish();
    await (jobStub(id) as unknown as { remove(): Promise<void> }).remove();
    expect(await traceOf(id)).toEqual(NO_TRACE);
  });
});

describe("a large upload that is refused", () => {
  it("after its parts were stored takes them back, and the slot", async () => {
    const seen = watchMultipart();
    const client = new Client();
    const before = await worldOf(client.address);
    const big = files("data.bin", noise(9 * MIB));
    const response = await upload(client, files("main.py", "1"), big, files("broken.zip", "PK"));
    await expectProblem(response, 400, "invalid_upload");
    expect(seen).toMatchObject({ begun: 1, completed: 0, aborted: 1 });
    expect(await worldOf(client.address)).toMatchObject({ ...before, quota: expect.any(Number) });
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, jobs_last_hour: 0 } });
  });

  it("for its manifest, once it is complete in the bucket, is deleted there", async () => {
    const seen = watchMultipart();
    const client = new Client();
    const before = await worldOf(client.address);
    const big = files("data.bin", noise(9 * MIB));
    const response = await upload(client, files("main.py", "1"), big, manifest({ timeout: 0 }));
    await expectProblem(response, 400, "invalid_manifest");
    expect(seen).toMatchObject({ begun: 1, completed: 1 });
    expect((await worldOf(client.address)).objects).toEqual(before.objects);
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, jobs_last_hour: 0 } });
  });

  it("for the quota never reaches the bucket", async () => {
    const client = new Client();
    const held = [await client.submit(), await client.submit()];
    const seen = watchMultipart();
    const before = await worldOf(client.address);
    const response = await upload(client, files("main.py", "1"), files("data.bin", noise(9 * MIB)));
    await expectProblem(response, 429, "rate_limited");
    expect(seen.begun).toBe(0);
    expect(await worldOf(client.address)).toEqual(before);
    for (const id of held) await (await executor.of(id)).finish();
  });

  it("because the bucket fails is a 500 that tells nothing, and frees the slot", async () => {
    const client = new Client();
    vi.spyOn(bucketApi, "put").mockRejectedValueOnce(new Error("bucket secret detail"));
    const response = await upload(client, files("main.py", noise(200_000)));
    const problem = await expectProblem(response, 500, "internal");
    expect(problem.request_id).toBe(response.headers.get("x-request-id"));
    expect(JSON.stringify(problem)).not.toContain("detail");
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, jobs_last_hour: 0 } });
  });
});
