import { createClient } from "sandpiper/client";

const client = createClient({ baseUrl: process.env.SANDPIPER_URL });

const { job_id: id } = await client.submit({
  files: [
    {
      path: "main.py",
      data: "import time\nfor n in range(3):\n    print(n, flush=True)\n    time.sleep(0.2)",
    },
  ],
});
for await (const { stream, data } of client.logs(id)) process[stream].write(data);
console.log((await client.status(id)).status);
