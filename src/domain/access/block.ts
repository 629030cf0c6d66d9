import ipaddr from "ipaddr.js";

/** What may be shut out; a `range` is an address with its prefix, such as `2001:db8::/48`. */
export const BLOCK_KINDS = ["address", "range", "owner", "job_hash"] as const;
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

const rangeOf = (value: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null =>
  ipaddr.isValidCIDR(value) ? ipaddr.parseCIDR(value) : null;

/** The value in the form by which it is compared; null for what cannot be blocked. */
export const blockValue = (kind: BlockKind, value: string): string | null => {
  if (kind === "address") return ipaddr.isValid(value) ? ipaddr.process(value).toString() : null;
  if (kind === "range") return rangeOf(value) === null ? null : value;
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

/** The block that an owner or a program's hash runs into. */
export const blockOfValue = (
  blocks: readonly Block[],
  kind: "owner" | "job_hash",
  value: string | null,
  now: number,
): Block | null =>
  blocks.find(
    (block) =>
      block.kind === kind && block.value === value && (block.untilMs === null || block.untilMs > now),
  ) ?? null;
