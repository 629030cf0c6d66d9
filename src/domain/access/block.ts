import ipaddr from "ipaddr.js";

/** What may be shut out; a `range` is an address with its prefix, such as `2001:db8::/48`. */
export const BLOCK_KINDS = ["address", "range", "owner", "key", "job_hash"] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

export type Block = {
  readonly id: string;
  readonly kind: BlockKind;
  readonly value: string;
  /** Told to whoever is shut out. */
  readonly reason: string;
  readonly createdAtMs: number;
  /** Null holds until it is taken back. */
  readonly untilMs: number | null;
};

/** Of `::ffff:0:0/96`, in which IPv6 has the addresses of IPv4. */
const MAPPED_BITS = 96;

/** What somebody is told whose program the operator has shut out. */
export const blockedText = (reason: string): string => `This program is blocked: ${reason}`;

const rangeOf = (value: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null =>
  ipaddr.isValidCIDR(value) ? ipaddr.parseCIDR(value) : null;

/** A network by its first address, so that `10.0.0.7/8` and `10.0.0.0/8` are one; IPv4 also where it is mapped. */
const rangeText = (value: string): string | null => {
  const range = rangeOf(value);
  if (range === null) return null;
  const [address, bits] = range;
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= MAPPED_BITS;
  if (isMapped) return rangeText(`${address.toIPv4Address()}/${bits - MAPPED_BITS}`);
  const network = address instanceof ipaddr.IPv4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${network.networkAddressFromCIDR(value)}/${bits}`;
};

/** The value in the form by which it is compared; null for what cannot be blocked. */
export const blockValue = (kind: BlockKind, value: string): string | null => {
  if (kind === "address") return ipaddr.isValid(value) ? ipaddr.process(value).toString() : null;
  if (kind === "range") return rangeText(value);
  if (kind === "job_hash") return /^[0-9a-f]{64}$/.test(value) ? value : null;
  return value.length > 0 && value.length <= 200 ? value : null;
};

const isInRange = (address: ipaddr.IPv4 | ipaddr.IPv6, value: string): boolean => {
  const range = rangeOf(value);
  return range !== null && range[0].kind() === address.kind() && address.match(range);
};

/** The block that an address runs into; null where none holds now. */
export const blockOfAddress = (
  blocks: readonly Block[],
  address: string | undefined,
  now: number,
): Block | null => {
  if (address === undefined || !ipaddr.isValid(address)) return null;
  const ip = ipaddr.process(address);
  const hits = ({ kind, value, untilMs }: Block): boolean =>
    (untilMs === null || untilMs > now) &&
    ((kind === "address" && value === ip.toString()) || (kind === "range" && isInRange(ip, value)));
  return blocks.find(hits) ?? null;
};

/** The block that an owner, a key (by its id) or a program's hash runs into. */
export const blockOfValue = (
  blocks: readonly Block[],
  kind: "owner" | "key" | "job_hash",
  value: string | null,
  now: number,
): Block | null =>
  blocks.find(
    (block) =>
      block.kind === kind && block.value === value && (block.untilMs === null || block.untilMs > now),
  ) ?? null;
