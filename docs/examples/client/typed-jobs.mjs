import { JobsClient, overHttp } from "sandpiper/jobs";

const jobs = new JobsClient(overHttp({ url: process.env.SANDPIPER_URL }));

const { job_id: id } = await jobs.create({ image_url: "https://example.com/cat.jpg" });

// A worker, here or anywhere else.
const taken = await jobs.claim();
await jobs.submitResult(taken.job_id, { captions: [{ text: "a cat", confidence: 0.9 }] });

const { status, response_payload: result } = await jobs.wait(id);
console.log(status, result.captions[0].text);
