import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBuiltLanguages } from "../../executor/languages/layer-file.ts";
import type { Server } from "../e2e/support/server.ts";
import { languagesFolder } from "../executor/support/languages.ts";
import { median, spread, table } from "./lib/figures.ts";
import { clientOf, startService } from "./lib/service.ts";

const ROUNDS = 7;
const WARM_UP_ROUNDS = 1;
const CASES = 20;
/** What a judged program may cost: this many times its compile, and for each case the bare run and this. */
const COMPILE_FACTOR = 1.3;
const CASE_MS = 8;

const source =
  "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n";

/** Each round's source is another one, so that nothing compiled is used again. */
const freshSource = (round: number): string => `${source}// ${round} ${Date.now()}\n`;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const fromMs = performance.now();
  await work();
  return performance.now() - fromMs;
};

const run = (command: string, args: readonly string[], stdin = ""): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "ignore", "inherit"] });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`)),
    );
    child.stdin.end(stdin);
  });

const cases = Array.from({ length: CASES }, (_, at) => ({
  stdin: `${at} ${at + 1}\n`,
  expected_output: `${2 * at + 1}`,
}));

const judge = async (server: Server, code: string): Promise<number> => {
  const client = clientOf(server);
  return timed(async () => {
    const { job_id: id } = await client.submit({ code, language: "cpp", cases });
    const { verdict } = await client.wait(id);
    if (verdict !== "accepted") throw new Error(`a judged run ended with ${verdict}`);
  });
};

type Samples = Record<"compile" | "bare" | "cold" | "cached", number[]>;

const measure = async (server: Server, folder: string): Promise<Samples> => {
  const samples: Samples = { compile: [], bare: [], cold: [], cached: [] };
  const [file, program] = [join(folder, "main.cpp"), join(folder, "main")];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    writeFileSync(file, freshSource(round));
    const compile = await timed(() => run("g++", ["-O2", "-std=gnu++20", "-o", program, file]));
    const bare = await timed(async () => {
      for (const { stdin } of cases) await run(program, [], stdin);
    });
    const cold = await judge(server, freshSource(round));
    const same = freshSource(-round - 100);
    const client = clientOf(server);
    const submit = async (): Promise<void> => {
      const { job_id: id } = await client.submit({ code: same, language: "cpp", cases });
      await client.wait(id);
    };
    await submit();
    const cached = await timed(submit);
    if (round < 0) continue;
    samples.compile.push(compile);
    samples.bare.push(bare / CASES);
    samples.cold.push(cold);
    samples.cached.push(cached);
  }
  return samples;
};

/** What a C++ program with 20 cases costs through the whole service, beside `g++` and the bare program in the same run. */
export const benchJudging = async (server: Server): Promise<string> => {
  if (!readBuiltLanguages(languagesFolder)?.languages.some(({ id }) => id === "cpp"))
    return "C++ is not built here: npm run languages -- build small";
  const folder = mkdtempSync(join(tmpdir(), "bench-judging-"));
  try {
    const { compile, bare, cold, cached } = await measure(server, folder);
    const allowed = (factor: number): number => factor * median(compile) + CASES * (median(bare) + CASE_MS);
    const row = (name: string, samples: readonly number[], limit: number): string[] => [
      name,
      spread(samples),
      limit.toFixed(1),
      `${(median(samples) / limit).toFixed(2)}x`,
    ];
    return [
      `g++ alone ${spread(compile)} ms, the bare program ${spread(bare)} ms`,
      table(
        [`C++ with ${CASES} cases, ms`, "submit -> judged", "allowed", "of it"],
        [row("compiled", cold, allowed(COMPILE_FACTOR)), row("cached", cached, allowed(0))],
      ),
    ].join("\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

if (import.meta.main) {
  const server = await startService();
  try {
    process.stdout.write(`${await benchJudging(server)}\n`);
  } finally {
    await server.stop();
  }
}
