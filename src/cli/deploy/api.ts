import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { CommandFailed } from "../failure.ts";
import type { Wrangler } from "./wrangler.ts";

/** Reads of the platform's API. What changes anything goes through wrangler. */
export type Api = {
  /** The parsed result; null where the thing does not exist. @throws CommandFailed */
  read<T>(path: string, schema: z.ZodType<T>): Promise<T | null>;
  /** As `read`, below the account; `headers` say more than the path does. */
  account<T>(
    path: string,
    schema: z.ZodType<T>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<T | null>;
  /** A page of a long list below the account; the next one begins at `cursor`. @throws CommandFailed */
  page<T>(path: string, schema: z.ZodType<T[]>): Promise<{ items: T[]; cursor: string | null }>;
  /** A query of the platform's analytics. @throws CommandFailed */
  analytics<T>(query: string, variables: Record<string, unknown>, schema: z.ZodType<T>): Promise<T>;
  readonly accountId: string;
};

/** The platform refused for want of a permission. */
export class NotPermitted extends CommandFailed {}

const envelope = z.object({
  success: z.boolean(),
  result: z.unknown(),
  result_info: z.looseObject({ cursor: z.string().nullish() }).nullish(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
});

const TRIES = 4;
const ANSWER_MS = 30_000;
const backoffMs = (tried: number): number => 250 * 2 ** tried;
const isPassing = (status: number): boolean => status === 429 || status >= 500;

/** Repeats what a busy or broken way may have lost; the requests only read. */
const fetchPatiently = async (url: string, init: RequestInit): Promise<Response> => {
  for (let tried = 0; ; tried += 1) {
    const last = tried === TRIES - 1;
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
      if (!isPassing(response.status) || last) return response;
    } catch {
      if (last) throw new CommandFailed(`${new URL(url).origin} does not answer. Try again later.`);
    }
    await sleep(backoffMs(tried));
  }
};

const bodyOf = async (response: Response, what: string) => {
  const parsed = envelope.safeParse(await response.json().catch(() => null));
  if (parsed.success) return parsed.data;
  throw new CommandFailed(
    `${what} was answered by something that is not the platform's API (${response.status}).`,
  );
};

type Answered<T> = { readonly result: T; readonly cursor: string | null };

const reader = (base: string, token: string) => {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return async <T>(path: string, schema: z.ZodType<T>, more = {}): Promise<Answered<T> | null> => {
    const response = await fetchPatiently(`${base}${path}`, { headers: { ...headers, ...more } });
    const what = `GET ${path.replace(/\?.*/, "")}`;
    const { success, result, errors, result_info: info } = await bodyOf(response, what);
    if (response.status === 404) return null;
    const reason = errors.map(({ code, message }) => `${message} [code: ${code}]`).join("; ");
    if ([401, 403].includes(response.status))
      throw new NotPermitted(
        `${what} is not permitted: ${reason}. Check the token and the account; docs/deploy.md lists its permissions.`,
      );
    if (!success) throw new CommandFailed(`${what} failed: ${reason}`);
    const parsed = schema.safeParse(result);
    // An empty cursor is the end of a list, as none is.
    if (parsed.success) return { result: parsed.data, cursor: info?.cursor || null };
    throw new CommandFailed(`${what} answered in a form that this version does not know.`);
  };
};

const analyst =
  (base: string, token: string): Api["analytics"] =>
  async (query, variables, schema) => {
    const response = await fetchPatiently(`${base}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const parsed = z.object({ data: schema }).safeParse(await response.json().catch(() => null));
    if (parsed.success) return parsed.data.data;
    throw new CommandFailed(`The platform's analytics did not answer the question (${response.status}).`);
  };

const tokenOf = async (wrangler: Wrangler): Promise<string> => {
  const given = process.env.CLOUDFLARE_API_TOKEN;
  if (given !== undefined && given !== "") return given;
  try {
    const printed = await wrangler(["auth", "token", "--json"], "Reading wrangler's login");
    return z.object({ token: z.string().min(1) }).parse(JSON.parse(printed)).token;
  } catch {
    throw new CommandFailed(
      "Not logged in: run npx wrangler login, or set CLOUDFLARE_API_TOKEN (docs/deploy.md lists its permissions).",
    );
  }
};

const accountOf = async (read: Api["read"]): Promise<string> => {
  const given = process.env.CLOUDFLARE_ACCOUNT_ID;
  if (given !== undefined && given !== "") return given;
  const accounts = (await read("/accounts", z.array(z.object({ id: z.string(), name: z.string() })))) ?? [];
  const [only] = accounts;
  if (only === undefined) throw new CommandFailed("The login sees no account. Set CLOUDFLARE_ACCOUNT_ID.");
  if (accounts.length === 1) return only.id;
  const list = accounts.map(({ id, name }) => `${id} (${name})`).join(", ");
  throw new CommandFailed(`The login sees several accounts. Set CLOUDFLARE_ACCOUNT_ID to one of ${list}.`);
};

/** Opens the API as who is logged in. wrangler is told the same account. @throws CommandFailed */
export const openApi = async (wrangler: Wrangler): Promise<Api> => {
  const base = process.env.CLOUDFLARE_API_BASE_URL ?? "https://api.cloudflare.com/client/v4";
  const token = await tokenOf(wrangler);
  const answered = reader(base, token);
  const read: Api["read"] = async (path, schema) => (await answered(path, schema))?.result ?? null;
  const accountId = await accountOf(read);
  process.env.CLOUDFLARE_ACCOUNT_ID = accountId;
  return {
    accountId,
    read,
    account: async (path, schema, headers) =>
      (await answered(`/accounts/${accountId}${path}`, schema, headers))?.result ?? null,
    page: async (path, schema) => {
      const page = await answered(`/accounts/${accountId}${path}`, schema);
      return { items: page?.result ?? [], cursor: page?.cursor ?? null };
    },
    analytics: analyst(base, token),
  };
};
