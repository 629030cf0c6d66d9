import { batch, signal } from "@preact/signals";
import { goTo } from "../route.ts";
import { ask, recordsOf, textOf } from "../shared/ask.ts";
import type { WorkloadInfo } from "../shared/description.ts";
import { type FormValues, objectOf } from "../shared/schema-form.tsx";
import { dataOf } from "./follow.ts";
import { putFile, targetOf } from "./upload.ts";

export type Progress = { readonly name: string; readonly sentBytes: number; readonly totalBytes: number };

/** The upload that is under way; null when there is none. */
export const progress = signal<Progress | null>(null);
export const problem = signal("");

let controller = new AbortController();

export const cancelUpload = (): void => controller.abort(new Error("The upload was stopped"));

/** Makes a job, sends its parts to the bucket one after the other, and says that they are there. */
export const order = async (
  workload: WorkloadInfo,
  values: FormValues,
  files: ReadonlyMap<string, File>,
): Promise<void> => {
  controller = new AbortController();
  const { signal: stopped } = controller;
  problem.value = "";
  try {
    const body = objectOf(workload.params, values);
    const created = dataOf((await ask(`/${workload.path}`, { method: "POST", body, signal: stopped })).body);
    const id = textOf(created.job_id);
    for (const target of recordsOf(created.uploads).map(targetOf)) {
      const file = files.get(target.name);
      if (file === undefined) continue;
      const { name } = target;
      const tell = (sentBytes: number): void => {
        progress.value = { name, sentBytes, totalBytes: file.size };
      };
      tell(0);
      await putFile(target, file, tell, stopped);
    }
    await ask(`/${workload.path}/${id}/complete`, { method: "POST", signal: stopped });
    goTo("workloads", `${workload.path}/${id}`);
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  } finally {
    batch(() => {
      progress.value = null;
    });
  }
};
