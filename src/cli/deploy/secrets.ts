import { generateKeyPairSync, randomBytes } from "node:crypto";

export type SecretKind = {
  readonly name: string;
  readonly about: string;
  /** Makes one; what has none is asked for, or read from the environment. */
  readonly make?: () => string;
  /** Where the deployer is given what was made, because it is needed again. */
  readonly keptFor?: "operator";
  readonly neededBy?: "containers";
};

/** The base64 of a PKCS#8 Ed25519 key. */
const executorKey = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");

/** Every secret that a deployment cannot be without; `wrangler.toml` requires the same. */
export const secretKinds: readonly SecretKind[] = [
  {
    name: "R2_ACCESS_KEY_ID",
    about: "access key id of an R2 API token that reads and writes the bucket's objects",
  },
  { name: "R2_SECRET_ACCESS_KEY", about: "its secret access key" },
  {
    name: "EXECUTOR_KEY",
    about: "the key that the deployment's containers share",
    make: executorKey,
    neededBy: "containers",
  },
  {
    name: "OPERATOR_TOKEN",
    about: "what the operator's calls carry",
    make: () => `spo_${randomBytes(32).toString("base64url")}`,
    keptFor: "operator",
  },
];
