import { z } from "zod";
import type { Api } from "./api.ts";

const versionSchema = z.object({
  id: z.string(),
  number: z.number().optional(),
  metadata: z.looseObject({ created_on: z.string().optional() }).optional(),
});
export type Version = {
  readonly id: string;
  readonly number: number | null;
  readonly createdAt: string | null;
};

/** The newest first. */
export const versionsOf = async (api: Api, worker: string): Promise<Version[]> => {
  const list = await api.account(
    `/workers/scripts/${worker}/versions`,
    z.object({ items: z.array(versionSchema) }),
  );
  return (list?.items ?? []).map(({ id, number, metadata }) => ({
    id,
    number: number ?? null,
    createdAt: metadata?.created_on ?? null,
  }));
};

/** The version that serves; null where none does. */
export const servingVersion = async (api: Api, worker: string): Promise<string | null> => {
  const schema = z.object({
    deployments: z.array(z.object({ versions: z.array(z.object({ version_id: z.string() })) })),
  });
  const list = await api.account(`/workers/scripts/${worker}/deployments`, schema);
  return list?.deployments[0]?.versions[0]?.version_id ?? null;
};

/** The object migration that a version was made at. */
export const migrationTagOf = async (api: Api, worker: string, version: string): Promise<string | null> => {
  const schema = z.object({
    resources: z.object({ script_runtime: z.object({ migration_tag: z.string().nullish() }).optional() }),
  });
  const found = await api.account(`/workers/scripts/${worker}/versions/${version}`, schema);
  return found?.resources.script_runtime?.migration_tag ?? null;
};
