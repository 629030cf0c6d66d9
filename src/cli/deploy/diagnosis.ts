import type { Context } from "./context.ts";
import { bucketEventsQueue } from "./names.ts";
import { secretsFor, wantsContainers } from "./template.ts";
import { refusalOf } from "./update-command.ts";

/** One thing that must be so; where it is not, the one command that mends it. */
export type Finding = {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  readonly remedy: string | null;
};

/** What only asking around tells: plan, engine, and whether the address answers and has an executor. */
export type Observed = {
  readonly paid: boolean | null;
  readonly dockerProblem: string | null;
  readonly answers: boolean;
  readonly joined: boolean;
};

const finding = (check: string, ok: boolean, found: string, remedy: string): Finding => ({
  check,
  ok,
  found,
  remedy: ok ? null : remedy,
});

const again = ({ names, config }: Context): string => {
  const [stage, ...suffix] = names.worker.slice(config.name.length + 1).split("-");
  return `npm run sandpiper -- deploy --stage ${stage}${suffix.length > 0 ? ` --suffix ${suffix.join("-")}` : ""}`;
};

const resourceFindings = (context: Context): Finding[] => {
  const { state, names, config } = context;
  const deploy = again(context);
  const queues = [...names.queues.values()].filter((name) => !state.queues.has(name));
  const consumed = config.queues.consumers.map(({ queue }) => names.queues.get(queue) ?? queue);
  const idle = consumed.filter((name) => !state.queues.get(name)?.consumers.includes(names.worker));
  return [
    finding("database", state.database !== null, state.database === null ? "missing" : "there", deploy),
    finding(
      "queues",
      queues.length === 0,
      queues.length === 0 ? "all there" : `missing: ${queues.join(", ")}`,
      deploy,
    ),
    finding(
      "consumers",
      idle.length === 0,
      idle.length === 0 ? "all there" : `nobody reads ${idle.join(", ")}`,
      deploy,
    ),
    finding("bucket", state.bucket !== null, state.bucket === null ? "missing" : "there", deploy),
    finding(
      "CORS of the bucket",
      state.bucket?.cors === true,
      state.bucket?.cors ? "set" : "not set: browsers cannot upload",
      deploy,
    ),
    finding(
      "lifecycle of the bucket",
      state.bucket?.lifecycle === true,
      state.bucket?.lifecycle ? "set" : "not set: lost files stay",
      deploy,
    ),
    finding(
      "notifications of the bucket",
      state.bucket?.notifies === true,
      state.bucket?.notifies ? `to ${bucketEventsQueue(config, names)}` : "not sent: uploads start jobs late",
      deploy,
    ),
  ];
};

const workerFindings = (context: Context): Finding[] => {
  const { state, choices, source, config } = context;
  const { worker } = state;
  const deploy = again(context);
  if (worker === null) return [finding("Worker", false, "missing", deploy)];
  const secrets = secretsFor(choices)
    .map(({ name }) => name)
    .filter((name) => !worker.secrets.has(name));
  const refusal =
    worker.deployed === null ? "it does not say what it was made from" : refusalOf(worker.deployed, source);
  const tag = config.migrations.at(-1)?.tag;
  const placeholder = Object.entries(worker.vars).find(
    ([, value]) => typeof value === "string" && /example\.|ACCOUNT_ID/.test(value),
  );
  return [
    finding(
      "secrets",
      secrets.length === 0,
      secrets.length === 0 ? "all set" : `missing: ${secrets.join(", ")}`,
      deploy,
    ),
    finding(
      "placeholders",
      placeholder === undefined,
      placeholder === undefined ? "none" : `${placeholder[0]} still holds one`,
      deploy,
    ),
    finding("migrations", refusal === null, refusal ?? "as applied", "git checkout -- migrations"),
    finding(
      "object migration",
      worker.migrationTag === tag,
      `${worker.migrationTag ?? "none"}, the clone has ${tag}`,
      deploy.replace("deploy", "update"),
    ),
    finding(
      "workers.dev address",
      worker.workersDev,
      worker.workersDev ? "on" : "off: executors cannot join by it",
      deploy,
    ),
  ];
};

/** All findings, good ones too. Pure. */
export const diagnose = (context: Context, observed: Observed): Finding[] => {
  const containers = wantsContainers(context.choices);
  const { paid, dockerProblem: docker, answers, joined } = observed;
  return [
    finding(
      "plan",
      paid !== false,
      paid === null
        ? "not known: the token lacks Billing Read"
        : paid
          ? "Workers Paid"
          : "Free: no containers, 10 ms of CPU",
      "open https://dash.cloudflare.com/?to=/:account/workers/plans",
    ),
    ...(containers
      ? [finding("Docker", docker === null, docker ?? "runs", `${again(context)} --executor joined`)]
      : []),
    ...workerFindings(context),
    ...resourceFindings(context),
    finding(
      "address",
      answers,
      answers ? `${context.publicUrl} answers` : `${context.publicUrl} does not answer`,
      `npx wrangler tail ${context.names.worker}`,
    ),
    ...(containers
      ? []
      : [
          finding(
            "executors",
            joined,
            joined ? "joined" : "none has joined",
            `npm run executor -- --probe --join ${context.publicUrl}`,
          ),
        ]),
  ];
};
