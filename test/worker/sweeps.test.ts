import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { depsFor, typedJobDepsFor } from "../../src/deps.ts";
import { bucketKeys } from "../../src/domain/keys.ts";
import { consumeDeadLetters } from "../../src/queue/dead-letter.ts";
import { sweep } from "../../src/queue/sweep.ts";
import { plainApi } from "./jobs/support/app.ts";
import { Client } from "./support/client.ts";
import { moveClock, restoreClock } from "./support/clock.ts";
import { testEnv } from "./support/env.ts";
import { bucketKeysOf, jobStub, objectIdOf, rowOf } from "./support/objects.ts";

const rawEnv = testEnv as unknown as Record<string, unknown>;
const DAY_MS = 86_400_000;
const sweepNow = () => sweep(depsFor(rawEnv), typedJobDepsFor(rawEnv), Date.now());
const typedObjects = rawEnv.TYPED_JOB_OBJECT as DurableObjectNamespace;

afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
});

const leaked = (objectId: string, face: string): Promise<unknown> =>
  testEnv.DB.prepare(
    `INSERT INTO jobs (object_id, public_id, face, state, version, created_at_ms, updated_at_ms, finished_at_ms)
     VALUES (?1, NULL, ?2, 'succeeded', 9, 1, 1, 1)`,
  )
    .bind(objectId, face)
    .run();

describe("a sweep", () => {
  it("deletes the finished row of a job whose object is gone", async () => {
    const objectId = objectIdOf("job-00000000000000000000000000000000");
    await leaked(objectId, "runs");
    await sweepNow();
    expect(await rowOf("job-00000000000000000000000000000000")).toBeNull();
  });

  it("goes on behind an item that throws, and behind a row that names no object", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const broken = objectIdOf("job-10000000000000000000000000000000");
    await leaked(broken, "runs");
    await leaked("nonsense", "runs");
    const deps = depsFor(rawEnv);
    const jobs = {
      ...deps.jobs,
      byObjectId: (id: string) => {
        if (id === broken) throw new Error("the object does not answer");
        return deps.jobs.byObjectId(id);
      },
    };
    const api = plainApi({ recordTtlDays: 1 });
    const { job_id: id } = await api.create();
    const stub = typedObjects.get(typedObjects.idFromName(`job/${id}`));
    await runInDurableObject(stub, (_object, state) => state.storage.deleteAlarm());
    moveClock(2 * DAY_MS);
    await sweep({ ...deps, jobs }, typedJobDepsFor(rawEnv), Date.now());
    expect((await api.list(`?job_id=${id}`)).jobs).toEqual([]);
    const left = await testEnv.DB.prepare("SELECT object_id FROM jobs").all<{ object_id: string }>();
    expect(left.results.map((row) => row.object_id)).toEqual([broken]);
  });
});

describe("a sweep of the bucket", () => {
  const stored = async (jobId: string, name: string): Promise<string> => {
    const key = bucketKeys.prefix(objectIdOf(jobId)) + name;
    await testEnv.BUCKET.put(key, "x");
    return key;
  };

  it("deletes the files of submissions that never became jobs, once none could go on any more", async () => {
    const broken = ["job-30000000000000000000000000000000", "job-40000000000000000000000000000000"];
    const keys = await Promise.all(broken.flatMap((id) => [stored(id, "inputs.tar"), stored(id, "stdin")]));
    await sweepNow();
    expect(await bucketKeysOf()).toEqual(expect.arrayContaining(keys));
    moveClock(9 * 60_000);
    await sweepNow();
    expect(await bucketKeysOf()).toEqual(expect.arrayContaining(keys));
    moveClock(2 * 60_000);
    await sweepNow();
    expect(await bucketKeysOf()).toEqual([]);
  });

  it("leaves the files of a job whose row is late, and looks through a stretch that begins anywhere", async () => {
    const client = new Client();
    const id = await client.submit();
    const key = await stored(id, "inputs.tar");
    await testEnv.DB.prepare("DELETE FROM jobs").run();
    const strays = await Promise.all(
      Array.from({ length: 130 }, (_none, at) =>
        stored(`job-6${String(at).padStart(31, "0")}`, "outputs/1/0"),
      ),
    );
    moveClock(11 * 60_000);
    await sweepNow();
    const left = await bucketKeysOf();
    expect(left).toContain(key);
    const gone = strays.filter((stray) => !left.includes(stray)).length;
    expect([99, 100]).toContain(gone);
    await sweepNow();
    expect(await bucketKeysOf()).toEqual([key]);
  });
});

describe("a batch of dead letters", () => {
  it("is not ended by one whose object does not answer, which comes again", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const client = new Client();
    const id = await client.submit();
    const deps = depsFor(rawEnv);
    const bad = objectIdOf("job-20000000000000000000000000000000");
    const message = (objectId: string) => {
      const done = { ack: vi.fn(), retry: vi.fn() };
      return { ...done, body: { objectId }, attempts: 1, id: objectId, timestamp: new Date() };
    };
    const [first, second] = [message(bad), message(jobStub(id).id.toString())];
    const jobs = {
      ...deps.jobs,
      byObjectId: (objectId: string) => {
        const job = deps.jobs.byObjectId(objectId);
        if (objectId !== bad || job === null) return job;
        return { ...job, catchUp: () => Promise.reject(new Error("the object does not answer")) };
      },
    };
    await consumeDeadLetters({ ...deps, jobs }, [first, second] as never);
    expect([first.ack.mock.calls.length, first.retry.mock.calls.length]).toEqual([0, 1]);
    expect([second.ack.mock.calls.length, second.retry.mock.calls.length]).toEqual([1, 0]);
  });
});
