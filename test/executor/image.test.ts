import { afterAll, beforeAll, describe, it } from "vitest";
import { languageSets } from "../../executor/languages/sets.ts";
import { describeExecutorProtocol } from "./contract.ts";
import { describeExecutorPrograms } from "./contract-programs.ts";
import { describeEnvironmentPrograms } from "./environment-programs.ts";
import { describeLanguagePrograms } from "./language-programs.ts";
import { type FakeWorker, startFakeWorker } from "./support/fake-worker.ts";
import type { PoolSeat } from "./support/pool-seat.ts";

/** Where the executor in the image answers for its health; it joins the service of this test by its name. */
const url = process.env.IMAGE_EXECUTOR_URL;
const name = "image";
/** What the image was built with. */
const chosen = (names = ""): string[] => names.split(" ").filter((name) => name !== "");
const environments = chosen(process.env.IMAGE_ENVIRONMENTS);
const languages = chosen(process.env.IMAGE_LANGUAGES).flatMap((name) => languageSets.get(name) ?? [name]);

if (url === undefined) {
  it("runs against an image only when one was started: npm run image", () => {
    process.stderr.write("the executor's image is not tested here: npm run image builds and tests it\n");
  });
} else {
  describe("the executor in its image", () => {
    let worker: FakeWorker | null = null;
    let seat: PoolSeat | null = null;
    beforeAll(async () => {
      worker = await startFakeWorker();
      seat = await worker.seatOf(name);
    }, 40_000);
    afterAll(() => worker?.close());
    const reach = {
      executor: () => {
        if (seat === null) throw new Error("the executor has not joined");
        return { url, seat };
      },
      worker: () => {
        if (worker === null) throw new Error("the Worker has not been started");
        return worker;
      },
    };
    describeExecutorProtocol(reach);
    describeExecutorPrograms(reach);
    describeEnvironmentPrograms(reach, environments);
    describeLanguagePrograms(reach, languages);
  });
}
