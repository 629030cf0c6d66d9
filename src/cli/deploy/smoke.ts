import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient, SandpiperError } from "../../client/index.ts";
import { CommandFailed } from "../failure.ts";

const EVERY_MS = 2_000;
const PHRASE = "hello from sandpiper";

/** Asks until the answer is yes. A new address answers nothing, or another's words, for its first minutes. */
const until = async (ask: () => Promise<boolean>, deadlineMs: number, complaint: string): Promise<void> => {
  for (;;) {
    const yes = await ask().catch((error: unknown) => {
      if (error instanceof SandpiperError || error instanceof TypeError) return false;
      throw error;
    });
    if (yes) return;
    if (Date.now() > deadlineMs) throw new CommandFailed(complaint);
    await sleep(EVERY_MS);
  }
};

const runHello = async (client: Client, withinMs: number): Promise<void> => {
  const { job_id: id } = await client.submit({ code: `print("${PHRASE}")`, interpreter: "python3" });
  const { status } = await client.wait(id, { signal: AbortSignal.timeout(withinMs) });
  const printed = await client.text(id);
  if (status === "completed" && printed.includes(PHRASE)) return;
  throw new CommandFailed(`The service answers, but a program ended as ${status}. See sandpiper doctor.`);
};

export type Smoke = {
  readonly url: string;
  readonly waitMinutes: number;
  /** Strangers may run code, so that this can try it. */
  readonly anonymous: boolean;
  /** What starts only when something waits need not be there before. */
  readonly startsOnDemand: boolean;
  readonly say: (line: string) => void;
};

/** Waits for the address and an executor, then runs a program through it. @throws CommandFailed */
export const proveService = async ({
  url,
  waitMinutes,
  anonymous,
  startsOnDemand,
  say,
}: Smoke): Promise<"ran" | "answers"> => {
  const client = createClient({ baseUrl: url });
  const deadlineMs = Date.now() + waitMinutes * 60_000;
  say(`Waiting for ${url} to answer`);
  await until(
    async () => (await client.health()).status === "healthy",
    deadlineMs,
    `${url} did not answer within ${waitMinutes} minutes. Run sandpiper doctor; the deployment itself is done.`,
  );
  if (!startsOnDemand) {
    say("Waiting for an executor to join (npm run executor -- --join, see docs/pool.md)");
    await until(
      async () => (await client.health()).executor.status === "joined",
      deadlineMs,
      `No executor joined within ${waitMinutes} minutes. Start one: npm run executor -- --join ${url}`,
    );
  }
  if (!anonymous) return "answers";
  say("Running a program");
  await runHello(client, Math.max(deadlineMs - Date.now(), 60_000));
  return "ran";
};
