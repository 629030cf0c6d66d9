import path from "node:path";
import type { Choices } from "./options.ts";
import { type Step, stepText } from "./plan.ts";
import { projectRoot } from "./project.ts";
import type { Workplace } from "./workplace.ts";
import type { Wrangler } from "./wrangler.ts";

export type Applying = {
  readonly wrangler: Wrangler;
  readonly choices: Choices;
  readonly place: Workplace;
  readonly say: (line: string) => void;
  /** Those that the Worker lacks, by their names. */
  readonly secrets: Readonly<Record<string, string>>;
  /** For people who look at the list of versions. */
  readonly message: string;
};

const rules = (file: string): string => path.join(projectRoot, "scripts/bucket", file);

const deployWorker = async ({ wrangler, place, message, secrets }: Applying): Promise<void> => {
  const args = ["deploy", "--config", place.configFile, "--message", message];
  if (Object.keys(secrets).length === 0) {
    await wrangler(args, "Deploying the Worker");
    return;
  }
  const secretsFile = await place.writeSecrets(secrets);
  try {
    await wrangler([...args, "--secrets-file", secretsFile], "Deploying the Worker");
  } finally {
    await place.removeSecrets();
  }
};

const inJurisdiction = ({ jurisdiction }: Choices): string[] =>
  jurisdiction === undefined ? [] : ["--jurisdiction", jurisdiction];
/** A jurisdiction already says where; the platform takes one of the two. */
const whereTo = (choices: Choices): string[] =>
  choices.jurisdiction === undefined && choices.location !== undefined
    ? ["--location", choices.location]
    : inJurisdiction(choices);

const apply = async (step: Step, of: Applying): Promise<void> => {
  const { wrangler, choices, place } = of;
  const config = ["--config", place.configFile];
  const tried = stepText(step);
  switch (step.kind) {
    case "database":
      await wrangler(["d1", "create", step.name, ...whereTo(choices), ...config], tried);
      return;
    case "bucket":
      await wrangler(["r2", "bucket", "create", step.name, ...whereTo(choices), ...config], tried);
      return;
    case "queue":
      await wrangler(["queues", "create", step.name, ...config], tried);
      return;
    case "migrations":
      await wrangler(["d1", "migrations", "apply", "DB", "--remote", ...config], tried);
      return;
    case "worker":
      await deployWorker(of);
      return;
    case "cors":
    case "lifecycle":
      await wrangler(
        [
          "r2",
          "bucket",
          step.kind,
          "set",
          step.name,
          "--file",
          rules(`${step.kind}.json`),
          "--force",
          ...inJurisdiction(choices),
          ...config,
        ],
        tried,
      );
      return;
    case "notification":
      await wrangler(
        [
          "r2",
          "bucket",
          "notification",
          "create",
          step.name,
          "--event-type",
          "object-create",
          "--prefix",
          "jobs/",
          "--queue",
          step.queue,
          ...inJurisdiction(choices),
          ...config,
        ],
        tried,
      );
  }
};

/** Does the steps one after the other. Each may be done again; a run that ends early is finished by the next. */
export const applySteps = async (steps: readonly Step[], of: Applying): Promise<void> => {
  for (const [index, step] of steps.entries()) {
    of.say(`[${index + 1}/${steps.length}] ${stepText(step)}`);
    await apply(step, of);
  }
};
