import ipaddr from "ipaddr.js";
import { isJudgeKey, judgeKeyOf, withoutJudge } from "./judge-key.ts";

const networkOf = (client: string): string | null => {
  if (ipaddr.IPv4.isValidFourPartDecimal(client)) {
    const [first, second, third] = ipaddr.IPv4.parse(client).octets;
    return `${first}.${second}.${third}.0/24`;
  }
  if (!ipaddr.IPv6.isValidCIDR(client)) return null;
  const [address] = ipaddr.IPv6.parseCIDR(client);
  return `${new ipaddr.IPv6([...address.parts.slice(0, 3), 0, 0, 0, 0, 0]).toString()}/48`;
};

/** Where a client's budget is kept, and whose share of it is meant: null where it is the client's alone. */
export type Budget = { readonly object: string; readonly share: string | null };

/**
 * Strangers share the budget of their network, an IPv4 /24 or an IPv6 /48, so that nobody gets a fresh one by moving
 * within it; owners of keys have one each.
 */
export const budgetOf = (clientKey: string): Budget => {
  if (isJudgeKey(clientKey)) {
    const network = networkOf(withoutJudge(clientKey));
    return network === null
      ? { object: clientKey, share: null }
      : { object: judgeKeyOf(network), share: clientKey };
  }
  const network = networkOf(clientKey);
  return network === null ? { object: clientKey, share: null } : { object: network, share: clientKey };
};
