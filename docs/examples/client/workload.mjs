import { createClient } from "sandpiper/client";

const client = createClient({ baseUrl: process.env.SANDPIPER_URL });
const checksums = client.workload("files/checksum/sha256");

const job = await checksums.create({});
const file = new Blob(["hello\n".repeat(100_000)], { type: "text/plain" });
let sentBytes = 0;
await checksums.upload(
  job,
  { [job.uploads[0].name]: file },
  { onProgress: (part) => (sentBytes = part.sentBytes) },
);
const { status } = await checksums.wait(job.job_id);
const { body } = await checksums.download(job.job_id);
console.log(status, sentBytes, (await new Response(body).text()).slice(0, 16));
