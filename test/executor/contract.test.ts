import { describe } from "vitest";
import { describeExecutorProtocol } from "./contract.ts";
import { describeExecutorPrograms } from "./contract-programs.ts";
import { levels, withExecutor } from "./support/levels.ts";

describe.each(levels)("an executor at $name", ({ options }) => {
  const reach = withExecutor(options);
  describeExecutorProtocol(reach);
  describeExecutorPrograms(reach);
});
