import type { CompileResult } from "../../../../src/wire/judging.ts";
import type { JudgedResult } from "../../support/judging.ts";

/** One attack by a compile step, or by what it leaves. */
export interface CompilerProbe {
  readonly attack: string;
  /** The registry's id; `multi-file` runs `compile` as a script. */
  readonly language?: string;
  /** The source, or the script that compiles. */
  readonly source: string;
  readonly flags?: readonly string[];
  /** The program's script, for `multi-file`; it says what the attack has reached. */
  readonly run?: string;
  /** What the compile step may come to. */
  readonly compile: readonly CompileResult["status"][];
  /** What neither compiler nor program may say. */
  readonly never?: RegExp;
  /** What the program must say. */
  readonly stdout?: string | RegExp;
  readonly also?: (result: JudgedResult) => void;
}
