import type { IncomingHttpHeaders } from "node:http";
import { joinRefused } from "../../src/wire/pool.ts";

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
};

const isAccess = ({ location }: IncomingHttpHeaders): boolean =>
  location?.includes("cloudflareaccess.com") ?? false;

/** Why an upgrade to `/pool/join` was answered otherwise, and what to do about it, in one or two sentences. */
export const explainRefusal = (status: number, headers: IncomingHttpHeaders, body: string): string => {
  const refusal = joinRefused.safeParse(parsed(body));
  if (refusal.success) return refusal.data.error.message;
  if (headers["cf-mitigated"] === "challenge") {
    return "A challenge page stands in front of this address: let /pool/* and /executor/* pass bot protection, or join by the workers.dev address.";
  }
  if (isAccess(headers)) {
    return "Cloudflare Access stands in front of this address: let /pool/* and /executor/* bypass it, or join by the workers.dev address.";
  }
  if (body.includes("1042") || (status === 404 && body === "")) {
    return "No Worker answers at this address: workers.dev may be disabled for it, or the name is another.";
  }
  if (status >= 300 && status < 400) return `The address redirects to ${headers.location}: join by that one.`;
  if (status === 200)
    return "The address answers, but does not upgrade: a proxy in front of it takes WebSockets out.";
  return `The service answered ${status} instead of joining.`;
};
