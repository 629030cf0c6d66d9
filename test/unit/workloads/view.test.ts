import { describe, expect, it } from "vitest";
import { announcementOf } from "../../../src/domain/job/announcement.ts";
import { finishAttempt, startAttempt } from "../../../src/domain/job/attempts.ts";
import { beginProcessing } from "../../../src/domain/job/awaited-uploads.ts";
import { newJob } from "../../../src/domain/job/new-job.ts";
import { WEBHOOK_EVENTS } from "../../../src/domain/webhooks/event.ts";
import { aFinishedEvent, aNewJob, NOW } from "../job/fixtures.ts";

const record = (exitCode: number) => {
  const created = newJob(
    {
      ...aNewJob,
      id: "66e706ae-2153-45f4-911a-d602b6e13789",
      face: "workloads",
      clientKey: null,
      retains: "record",
      upload: { parts: [], untilMs: NOW + 1_000 },
      workload: {
        path: "a/b/c",
        entity: "example.a.b.c.job",
        params: { label: "x" },
        outputs: [{ name: "report.csv", contentType: "text/csv" }],
      },
      webhooks: [
        { url: "https://a.example", signer: { kind: "job", clientKey: "k" }, events: WEBHOOK_EVENTS },
      ],
    },
    "5".repeat(32),
    NOW,
  );
  const running = startAttempt(
    beginProcessing(created, [], NOW),
    { id: "o.1", tokenHash: "", holder: null },
    1,
    NOW,
  );
  if (running.attempt === null) throw new Error("there is no attempt");
  const outputs = [{ path: "report.csv", sizeBytes: 5, sha256: "a".repeat(64) }];
  return finishAttempt(running, running.attempt, aFinishedEvent({ exitCode, outputs }), false, NOW + 5);
};

describe("what a receiver is told of a workload's job", () => {
  it("is the job with the facts of its outputs, and no URL", () => {
    const event = announcementOf("o", record(0));
    expect(event).toMatchObject({
      type: "job.succeeded",
      data: {
        "@entity": "example.a.b.c.job",
        status: "succeeded",
        label: "x",
        created_at: NOW,
        outputs: [{ name: "report.csv", content_type: "text/csv", size_bytes: 5, sha256: "a".repeat(64) }],
      },
    });
    expect(JSON.stringify(event)).not.toContain("url");
  });

  it("says why it failed", () => {
    expect(announcementOf("o", record(1))).toMatchObject({
      type: "job.failed",
      data: { status: "failed", error: { reason: "exit" } },
    });
  });
});
