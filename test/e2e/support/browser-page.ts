import { createClient, SandpiperError } from "../../../src/client/index.ts";

const code = `
import time
for n in range(5):
    print(n, flush=True)
    time.sleep(0.2)
open("out.txt", "w").write(open("data/in.txt").read() * 2)
`;

/** Runs in a page: submits a project, follows it and reads what it made, from the page's own origin. */
const followRun = async (baseUrl: string) => {
  const client = createClient({ baseUrl, retry: { tries: 10, maxWaitSeconds: 10 } });
  const files = [
    { path: "main.py", data: code },
    { path: "data/in.txt", data: new Blob(["ä".repeat(100_000)]) },
  ];
  let progress = 0;
  const onProgress = ({ sentBytes, totalBytes }: { sentBytes: number; totalBytes: number }): void => {
    progress = sentBytes / totalBytes;
  };
  const { job_id: id } = await client.submit({ files }, { onProgress });
  let log = "";
  let statusAtFirst = "";
  for await (const { data } of client.logs(id)) {
    if (log === "") statusAtFirst = (await client.status(id)).status;
    log += data;
  }
  const { status } = await client.wait(id);
  const { body } = await client.download(id, "out.txt");
  const madeChars = (await new Response(body).text()).length;
  const lost = await client.status(`job-${"0".repeat(32)}`).catch((error: unknown) => error);
  const lostCode = lost instanceof SandpiperError ? lost.code : "";
  return { progress, log, statusAtFirst, status, madeChars, lostCode };
};

Object.assign(globalThis, { followRun });
