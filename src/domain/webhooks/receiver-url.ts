import ipaddr from "ipaddr.js";

const LONGEST_URL = 2_048;
const LOOPBACK = "127.0.0.1";

/** Names that only a private network gives a meaning to; names without a dot belong here too. */
const PRIVATE_SUFFIXES = [
  "localhost",
  "local",
  "localdomain",
  "internal",
  "svc",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "home.arpa",
];
/** Public by its number, but inside Azure it is the machine's own metadata service. */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set(["168.63.129.16"]);
/** Everything that is routed on the Internet is in 2000::/3, and `::127.0.0.1` is not. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

const HOST_NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
/** Scheme, then the authority as it is written, which the parser would put right without a word. */
const WRITTEN = /^(https?):\/\/([^/?#\\\s]+)(?:[/?#][^\\\s]*)?$/;
const LOWEST_FREE_PORT = 1_024;

const isPublicAddress = (text: string): boolean => {
  if (METADATA_ADDRESSES.has(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_IPV6);
};

const hostRefusal = (host: string): string | null => {
  const literal = host.startsWith("[") ? host.slice(1, -1) : host;
  if (ipaddr.isValid(literal)) {
    return isPublicAddress(literal) ? null : "the URL must not name a private, local or reserved address";
  }
  if (PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))) {
    return "the URL must not name a host of a private network";
  }
  return HOST_NAME.test(host) ? null : "the URL must name a host by its full domain name";
};

export type ReceiverUrlRules = {
  /** Lets `http://127.0.0.1` in, for local development. */
  readonly allowLoopback: boolean;
};

/**
 * Why a webhook must not be sent to this URL, or null when it may.
 *
 * A name is judged by its form alone. It could still resolve to a private address, and to another one
 * after every check (DNS rebinding); on Workers that leads nowhere, because `fetch` there has no route
 * into any private network and no way to connect to an address that was looked up before. Whoever
 * serves this Worker inside a network of his own has to bar the way at that network's edge.
 */
export const receiverUrlRefusal = (text: string, rules: ReceiverUrlRules): string | null => {
  if (text.length > LONGEST_URL) return `the URL must have at most ${LONGEST_URL} characters`;
  const [, scheme, authority = ""] = WRITTEN.exec(text) ?? [];
  if (scheme === undefined || !URL.canParse(text)) return "the URL must be an absolute https URL";
  const url = new URL(text);
  if (authority.includes("@")) return "the URL must not hold a user name or a password";
  const writtenHost = authority.replace(/:\d*$/, "").toLowerCase();
  if (writtenHost !== url.hostname) return "the URL must write its host in the usual form";
  if (rules.allowLoopback && url.hostname === LOOPBACK) return null;
  if (scheme !== "https") return "the URL must be an absolute https URL";
  // Below 1024 listens what was never meant to be spoken to like this: mail, directories, databases.
  if (url.port !== "" && Number(url.port) < LOWEST_FREE_PORT) {
    return `the URL's port must be 443 or at least ${LOWEST_FREE_PORT}`;
  }
  return hostRefusal(url.hostname);
};
