import { rebuild, rebuilt } from "../../wire/operator.ts";
import type { OperatorOperation } from "./face.ts";
import type { OperatorDeps } from "./find-job.ts";
import { bodyAs, operation } from "./operation.ts";

type Outcome = "rebuilt" | "empty" | "failed";

/** Wakes an object of a namespace, so that it writes its row again. */
const rebuildOne = async (
  { jobs, typedJobs, log }: OperatorDeps,
  kind: "jobs" | "typed_jobs",
  objectId: string,
): Promise<Outcome> => {
  try {
    const handle = (kind === "jobs" ? jobs : typedJobs).byObjectId(objectId);
    return (await handle?.rebuild()) === true ? "rebuilt" : "empty";
  } catch (error) {
    log.error("operator.rebuild_failed", error);
    return "failed";
  }
};

/** The command `rebuild` lists the objects; each call takes some of them. */
export const rebuildOperations = (deps: OperatorDeps): OperatorOperation[] => [
  operation(
    deps,
    {
      method: "post",
      path: "/operator/rebuild",
      operationId: "rebuildRows",
      summary: "Have objects write their rows again, where the database has lost them",
      answer: rebuilt,
      body: rebuild,
    },
    async (call) => {
      const body = await bodyAs(call, rebuild);
      if (body instanceof Response) return body;
      const outcomes = await Promise.all(body.objects.map((id) => rebuildOne(deps, body.kind, id)));
      const count = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
      const figures = { rebuilt: count("rebuilt"), empty: count("empty"), failed: count("failed") };
      return { body: figures, count: figures.rebuilt };
    },
  ),
];
