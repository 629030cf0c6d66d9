import { createClient } from "sandpiper/client";

const client = createClient({ baseUrl: process.env.SANDPIPER_URL });

const { exitCode, stdout, stderr, outputs } = await client.run({
  code: "import sys\nprint('hello')\nprint('oops', file=sys.stderr)\nopen('made.txt', 'w').write('made')",
  outputs: ["*.txt"],
});
console.log(exitCode, stdout.trim(), stderr.trim());
for (const output of outputs) console.log(output.path, await output.text());
