import { createHash, createPublicKey, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { newClient } from "./support/client.ts";

const publicKeyOf = (workerId: string) =>
  createPublicKey({
    format: "jwk",
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(workerId, "base64").toString("base64url") },
  });

const sha256 = (content: string): string => createHash("sha256").update(content).digest("hex");

describe("the report of a run", () => {
  test("carries a job hash that anyone can compute again", async () => {
    const client = newClient();
    const content = "import sys\nprint(sys.argv)\n";
    const { job_id: id } = await client.submit({
      files: [
        { path: "tool/run.py", data: content },
        { path: "tool/other.txt", data: "not covered" },
      ],
      manifest: {
        entrypoint: "tool/run.py",
        interpreter: "python3",
        environment: "default",
        args: ["--input", "data.csv"],
      },
    });
    const { job_hash } = await client.wait(id);
    expect(job_hash).toBe(sha256(`tool/run.py|python3|default|--input|data.csv|${content}`));
  });

  test("has the same hash for the vectors of the contract", async () => {
    const client = newClient();
    const python = await client.submit({ files: [{ path: "main.py", data: "print('hello')" }] });
    const bash = await client.submit({ files: [{ path: "run.sh", data: "echo hi\n" }] });
    expect(await client.wait(python.job_id)).toMatchObject({
      job_hash: "cb7bf218856335e10cea8346689a6ca406f57bed2453c6332516c43f6f4d343c",
    });
    expect(await client.wait(bash.job_id)).toMatchObject({
      job_hash: "66411a9b71d0f08d66b73736428c84a8852e75d15ce947ddae316cd962feed97",
    });
  });

  test("is signed by the worker that made it, over a text that names every selected file", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({
      code: "for n in 'ba': open(n + '.txt', 'w').write(n)\nopen('c.log', 'w')\nraise SystemExit(4)",
      outputs: ["*.txt"],
    });
    const report = await client.wait(id);
    const { worker_id, signature, signed_payload } = report.worker_metadata;
    const [hash, exitCode, cpu, memory, ...files] = (signed_payload ?? "").split("|");
    expect([hash, exitCode, ...files]).toEqual([
      report.job_hash,
      "4",
      `a.txt:${sha256("a")}`,
      `b.txt:${sha256("b")}`,
      "",
    ]);
    expect(Number(cpu)).toBeCloseTo(report.cpu_seconds, 2);
    expect(Number(memory)).toBe(report.execution_metadata.memory_peak_mb);

    expect(worker_id).toBe((await client.health()).worker_id);
    const key = publicKeyOf(worker_id ?? "");
    const signed = Buffer.from(signature ?? "", "base64");
    expect(verify(null, Buffer.from(signed_payload ?? ""), key, signed)).toBe(true);
    expect(verify(null, Buffer.from(`${signed_payload} `), key, signed)).toBe(false);
  });
});
