import {
  AND_WORD,
  type Instruction,
  JUMP_ANY_BIT,
  JUMP_EQUAL,
  JUMP_GREATER_EQUAL,
  LOAD_WORD,
  RETURN,
} from "../../../executor/sandbox/seccomp-filter.ts";

export interface Call {
  readonly architecture: number;
  readonly number: number;
  readonly args?: readonly bigint[];
}

const seccompData = ({ architecture, number, args = [] }: Call): DataView => {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number >>> 0, true);
  data.setUint32(4, architecture, true);
  args.forEach((value, index) => {
    data.setBigUint64(16 + 8 * index, value, true);
  });
  return data;
};

const holds = (code: number, accumulator: number, k: number): boolean => {
  if (code === JUMP_EQUAL) return accumulator === k;
  if (code === JUMP_GREATER_EQUAL) return accumulator >= k;
  if (code === JUMP_ANY_BIT) return (BigInt(accumulator) & BigInt(k)) !== 0n;
  throw new Error(`unknown instruction ${code.toString(16)}`);
};

/** What the kernel would answer to a call: the value of the return instruction that is reached. */
export const runFilter = (filter: readonly Instruction[], call: Call): number => {
  const data = seccompData(call);
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 1) {
    const instruction = filter[at];
    if (instruction === undefined) break;
    const { code, k, jumpTrue, jumpFalse } = instruction;
    if (code === RETURN) return k >>> 0;
    if (code === AND_WORD) accumulator = (accumulator & k) >>> 0;
    else if (code === LOAD_WORD) accumulator = data.getUint32(k, true);
    else at += holds(code, accumulator, k >>> 0) ? jumpTrue : jumpFalse;
  }
  throw new Error("the filter ended without a return");
};
