import ipaddr from "ipaddr.js";

const PREFIX_PARTS = 4;

/**
 * Whom a quota counts, from `CF-Connecting-IP`: an IPv4 address, also one mapped into
 * IPv6, or an IPv6 /64 such as `2001:db8:0:1::/64`, which is what one customer gets. Null for anything else.
 */
export const clientKeyOf = (address: string | null | undefined): string | null => {
  if (address === null || address === undefined) return null;
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address).toString();
  if (address.includes("%") || !ipaddr.IPv6.isValid(address)) return null;
  const ip = ipaddr.IPv6.parse(address);
  if (ip.isIPv4MappedAddress()) return ip.toIPv4Address().toString();
  const network = new ipaddr.IPv6([...ip.parts.slice(0, PREFIX_PARTS), 0, 0, 0, 0]);
  return `${network.toString()}/64`;
};
