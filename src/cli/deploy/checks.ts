import { spawnSync } from "node:child_process";
import { z } from "zod";
import { CommandFailed } from "../failure.ts";
import { type Api, NotPermitted } from "./api.ts";

/** Whether the account has Workers Paid; null where the token may not ask. */
export const isPaid = async (api: Api): Promise<boolean | null> => {
  const plan = z.object({ rate_plan: z.object({ id: z.string() }).loose() }).loose();
  try {
    const plans = (await api.account("/subscriptions", z.array(plan))) ?? [];
    return plans.some(({ rate_plan: { id } }) => /^(workers|enterprise)/.test(id));
  } catch (error) {
    if (error instanceof NotPermitted) return null;
    throw error;
  }
};

/** The workers.dev subdomain; null where the account has none yet. */
export const subdomainOf = async (api: Api): Promise<string | null> =>
  (await api.account("/workers/subdomain", z.object({ subdomain: z.string().nullable() })))?.subdomain ??
  null;

/** Why containers cannot be built here; null where they can. */
export const dockerProblem = (): string | null => {
  const program = process.env.WRANGLER_DOCKER_BIN ?? "docker";
  const { error, status } = spawnSync(program, ["info"], { stdio: "ignore", timeout: 20_000 });
  if (error !== undefined) return `${program} does not start`;
  return status === 0 ? null : `${program} info fails: its engine does not run`;
};

/** The address of a deployment. @throws CommandFailed where it has none. */
export const addressOf = async (api: Api, worker: string, given: string | undefined): Promise<string> => {
  if (given !== undefined) return given;
  const subdomain = await subdomainOf(api);
  if (subdomain !== null) return `https://${worker}.${subdomain}.workers.dev`;
  throw new CommandFailed(
    "The account has no workers.dev subdomain. Open Workers & Pages once in the dashboard, or pass --address with a route of yours.",
  );
};

/** What would stop a deploy halfway stops it before anything is made. @throws CommandFailed */
export const checkAccount = async (api: Api, containers: boolean): Promise<string[]> => {
  const paid = await isPaid(api);
  if (paid === false) {
    throw new CommandFailed(
      "The account has no Workers Paid plan: limits.cpu_ms and containers would stop the deploy halfway. Subscribe under Workers & Pages, Plans.",
    );
  }
  const problem = containers ? dockerProblem() : null;
  if (problem !== null) {
    throw new CommandFailed(
      `The executor's image is built with Docker, and ${problem}. Start it, or deploy with --executor joined.`,
    );
  }
  return paid === null
    ? ["Whether the account has Workers Paid was not checked: the token lacks Billing Read."]
    : [];
};
