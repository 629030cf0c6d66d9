import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";

export const stages = ["dev", "stg", "prd"] as const;
export const locations = ["weur", "eeur", "apac", "oc", "wnam", "enam"] as const;

/** Which deployment is meant. */
export type Target = { readonly stage: (typeof stages)[number]; readonly suffix?: string };

/** What a deployer chose. It is kept with the deployment, and holds until something else is said. */
export const choices = z.object({
  anonymousRuns: z.enum(["on", "off"]).default("on"),
  executor: z.enum(["container", "joined", "both"]).default("container"),
  location: z.enum(locations).optional(),
  jurisdiction: z.literal("eu").optional(),
  /** Where the Worker is reached, if not at its workers.dev address. */
  address: z.url().optional(),
  /** Worker ids of executors, each with `name=` before it or not. */
  trust: z.array(z.string()).default([]),
});
export type Choices = z.infer<typeof choices>;
export const someChoices = choices.partial();
/** Those that were made, of all that there are. */
export type SomeChoices = z.infer<typeof someChoices>;

const suffixOf = (text: string): string => {
  if (/^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("It takes 1 to 24 small letters, digits and hyphens, none at an end.");
};

const addressOf = (text: string): string => {
  const url = URL.parse(text);
  const isRoot = url !== null && url.pathname + url.search + url.hash === "/" && url.username === "";
  // Plain HTTP is for a Worker that another serves on its own machine.
  if (isRoot && (url.protocol === "http:" || (url.protocol === "https:" && url.port === "")))
    return url.origin;
  throw new InvalidArgumentError("It takes https://HOST, without a port or a path.");
};

/** As the Worker reads it: a list with one that is neither would stop the whole service. */
const WORKER_ID = /^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,62}=)?[A-Za-z0-9+/]{43}=$/;

const collectTrusted = (text: string, before: string[] | undefined): string[] => {
  if (WORKER_ID.test(text)) return [...(before ?? []), text];
  throw new InvalidArgumentError(
    "It takes a worker id, 44 characters as `npm run executor -- --generate-key` prints it, with NAME= before it or not.",
  );
};

export const addTargetOptions = (command: Command): Command =>
  command
    .addOption(new Option("--stage <stage>", "which deployment").choices(stages).makeOptionMandatory())
    .option("--suffix <name>", "one of several deployments of a stage", suffixOf);

export const addChoiceOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--anonymous-runs <on|off>", "whether strangers may run code").choices(["on", "off"]),
    )
    .addOption(new Option("--executor <kind>", "where programs run").choices(["container", "joined", "both"]))
    .addOption(
      new Option("--location <hint>", "near where database, bucket and containers are made").choices(
        locations,
      ),
    )
    .addOption(new Option("--jurisdiction <name>", "keep database and bucket there").choices(["eu"]))
    .option(
      "--address <url>",
      "address of a route or custom domain, instead of the workers.dev one",
      addressOf,
    )
    .option("--trust <key>", "worker id of an executor that may join; may be repeated", collectTrusted);

/** What was chosen before, under what is said now. */
export const chosen = (given: SomeChoices, before: SomeChoices): Choices => {
  const said = Object.fromEntries(
    Object.keys(choices.shape).flatMap((name) => {
      const value = given[name as keyof Choices];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return choices.parse({ ...before, ...said });
};
