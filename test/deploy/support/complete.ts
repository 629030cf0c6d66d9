import { expect } from "vitest";
import type { Account } from "../api/account.ts";

/** A deployment as it must be in the end, whatever happened on the way. */
export const expectComplete = (account: Account, worker: string): void => {
  const script = account.scripts.get(worker);
  const queues = ["dispatch", "jobs", "functions", "bucket-events", "dispatch-dead"].map(
    (role) => `${worker}-${role}`,
  );
  expect([...account.queues.keys()].sort()).toEqual([...queues].sort());
  for (const name of queues.filter((queue) => !queue.endsWith("-jobs"))) {
    expect(account.queues.get(name)?.consumers.map(({ script: consumer }) => consumer)).toEqual([worker]);
  }
  expect([...account.databases.keys()]).toEqual([worker]);
  expect(account.databases.get(worker)?.applied).toContain("0001_jobs.sql");
  expect([...account.buckets.keys()]).toEqual([worker]);
  const bucket = account.buckets.get(worker);
  expect(bucket?.cors).toMatchObject({ rules: [{ allowed: { methods: ["PUT", "GET", "HEAD"] } }] });
  expect(bucket?.lifecycle).toMatchObject({ rules: [{ id: "files-of-jobs" }] });
  expect(bucket?.notifications.size).toBe(1);
  expect(script?.workersDev).toBe(true);
  expect(script?.schedules).toEqual([{ cron: "*/10 * * * *" }]);
  const values = [...(script?.secrets.entries() ?? [])];
  expect(values.map(([name]) => name)).toEqual(
    expect.arrayContaining(["OPERATOR_TOKEN", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"]),
  );
  expect(values.filter(([, value]) => value.trim() === "")).toEqual([]);
};
