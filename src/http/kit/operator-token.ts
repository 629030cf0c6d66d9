import type { Deps } from "../../deps/types.ts";

/**
 * The hash of a text that is one of the operator's tokens, else null. Tokens are compared by their hashes, each with all
 * that are set, so that the time tells nothing of them.
 */
export const operatorTokenHash = async (
  { ids, operatorTokens }: Pick<Deps, "ids" | "operatorTokens">,
  given: string | undefined,
): Promise<string | null> => {
  const hash = await ids.hashOf(given ?? "");
  let isKnown = false;
  for (const token of operatorTokens) isKnown = ids.isSame(hash, await ids.hashOf(token)) || isKnown;
  return given !== undefined && isKnown ? hash : null;
};
