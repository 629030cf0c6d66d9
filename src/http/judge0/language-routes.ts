import type { Deps } from "../../deps/types.ts";
import { STATUSES } from "../../domain/judge0/status.ts";
import { contract } from "./contract.ts";
import { type Judge0Operation, plainError } from "./face.ts";
import type { Judge0Language } from "./languages.ts";
import { knownLanguages } from "./submit.ts";

const withDetails = ({ id, name, isArchived, language }: Judge0Language) => ({
  id,
  name,
  is_archived: isArchived,
  source_file:
    language === null || language.judge0?.sourceFile === "" ? null : (language.judge0?.sourceFile ?? null),
  compile_cmd: language?.compile?.join(" ") ?? null,
  run_cmd: language?.run.join(" ") ?? null,
});

export const languageRoutes = (deps: Deps): Judge0Operation[] => [
  {
    contract: contract("get", "/languages", "Languages that are offered", [200], "list"),
    handle: async ({ c }) => {
      const known = await knownLanguages(deps);
      return c.json(known.filter(({ isArchived }) => !isArchived).map(({ id, name }) => ({ id, name })));
    },
  },
  {
    contract: contract("get", "/languages/all", "All languages, archived ones too", [200], "list"),
    handle: async ({ c }) => {
      const known = await knownLanguages(deps);
      return c.json(known.map(({ id, name, isArchived }) => ({ id, name, is_archived: isArchived })));
    },
  },
  {
    contract: contract("get", "/languages/{id}", "One language", [200, 404]),
    handle: async ({ c }) => {
      const known = await knownLanguages(deps);
      const found = known.find(({ id }) => String(id) === c.req.param("id"));
      return found === undefined ? plainError(c, 404) : c.json(withDetails(found));
    },
  },
  {
    contract: contract("get", "/statuses", "Statuses of submissions", [200], "list"),
    handle: ({ c }) => c.json(STATUSES),
  },
];
