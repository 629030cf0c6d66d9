import type { JobHandle, JobObjects, StreamMode } from "../domain/ports/job-objects.ts";
import { refusedSocket } from "./refused-socket.ts";

/** The job object's methods as a stub offers them; its class fits this type, which a type test checks. */
export type JobStub = Omit<JobHandle, "objectId" | "stream" | "session"> & {
  fetch(request: Request): Promise<Response>;
};

const streamRequest = (
  after: string | null,
  mode: StreamMode,
  shownId: string,
  keyId: string | undefined,
): Request => {
  const headers = new Headers({ upgrade: "websocket", "x-stream-mode": mode, "x-stream-id": shownId });
  if (after !== null) headers.set("x-stream-after", after);
  if (keyId !== undefined) headers.set("x-stream-key", keyId);
  return new Request("https://job/stream", { headers });
};

const handle = (objectId: string, stub: JobStub): JobHandle => ({
  objectId,
  create: (job) => stub.create(job),
  snapshot: () => stub.snapshot(),
  waitForEnd: (timeoutMs) => stub.waitForEnd(timeoutMs),
  logs: (after, maxBytes, maxRecords) => stub.logs(after, maxBytes, maxRecords),
  cases: (from, limit) => stub.cases(from, limit),
  doorData: () => stub.doorData(),
  repeatable: () => stub.repeatable(),
  logTail: (maxBytes) => stub.logTail(maxBytes),
  cancel: () => stub.cancel(),
  forDownload: () => stub.forDownload(),
  noteDownloaded: () => stub.noteDownloaded(),
  stream: (after, mode, shownId, keyId) => stub.fetch(streamRequest(after, mode, shownId, keyId)),
  offer: (holder) => stub.offer(holder),
  offered: (attemptId, bearer) => stub.offered(attemptId, bearer),
  poolEntry: () => stub.poolEntry(),
  queuePosition: (position) => stub.queuePosition(position),
  giveUp: (message) => stub.giveUp(message),
  startFunction: () => stub.startFunction(),
  failAttempt: (attemptId, message) => stub.failAttempt(attemptId, message),
  report: (attemptId, bearer, events, proof, usage) => stub.report(attemptId, bearer, events, proof, usage),
  grantUploads: (attemptId, bearer, files) => stub.grantUploads(attemptId, bearer, files),
  mayInteract: (attemptId, bearer) => stub.mayInteract(attemptId, bearer),
  session: (side) =>
    stub.fetch(new Request(`https://job/session/${side}`, { headers: { upgrade: "websocket" } })),
  checkUploads: (isPolled) => stub.checkUploads(isPolled),
  redrive: () => stub.redrive(),
  rebuild: () => stub.rebuild(),
  inspect: () => stub.inspect(),
  catchUp: () => stub.catchUp(),
  remove: () => stub.remove(),
});

const OBJECT_ID = /^[0-9a-f]{64}$/;

/** The job objects by their binding. A job's object is named by its id; reports find it by the object's. */
export const durableJobObjects = (namespace: DurableObjectNamespace): JobObjects => {
  const of = (id: DurableObjectId): JobHandle =>
    handle(id.toString(), namespace.get(id) as unknown as JobStub);
  return {
    unknownStream: refusedSocket,
    byId: (jobId) => of(namespace.idFromName(jobId)),
    byObjectId: (objectId) => {
      if (!OBJECT_ID.test(objectId)) return null;
      try {
        return of(namespace.idFromString(objectId));
      } catch {
        // The platform refuses ids that another namespace made, or that nobody did.
        return null;
      }
    },
  };
};
