import { afterAll, beforeAll, describe, it } from "vitest";
import { describeExecutorProtocol } from "./contract.ts";
import { describeExecutorPrograms } from "./contract-programs.ts";
import { describeEnvironmentPrograms } from "./environment-programs.ts";
import { type FakeWorker, startFakeWorker } from "./support/fake-worker.ts";

const url = process.env.IMAGE_EXECUTOR_URL;
const token = process.env.IMAGE_EXECUTOR_TOKEN;
/** What the image was built with. */
const environments = (process.env.IMAGE_ENVIRONMENTS ?? "").split(" ").filter((name) => name !== "");

if (url === undefined || token === undefined) {
  it("runs against an image only when one was started: npm run image", () => {
    process.stderr.write("the executor's image is not tested here: npm run image builds and tests it\n");
  });
} else {
  describe("the executor in its image", () => {
    let worker: FakeWorker | null = null;
    beforeAll(async () => {
      worker = await startFakeWorker();
    });
    afterAll(() => worker?.close());
    const reach = {
      executor: () => ({ url, token }),
      worker: () => {
        if (worker === null) throw new Error("the Worker has not been started");
        return worker;
      },
    };
    describeExecutorProtocol(reach);
    describeExecutorPrograms(reach);
    describeEnvironmentPrograms(reach, environments);
  });
}
