import { useState } from "preact/hooks";
import { inBackground } from "../shared/background.ts";
import type { Part, WorkloadInfo } from "../shared/description.ts";
import { sizeText } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { type FormValues, SchemaFields } from "../shared/schema-form.tsx";
import { cancelUpload, order, problem, progress } from "./order.ts";

const PartField = ({
  part,
  onFile,
}: {
  readonly part: Part;
  readonly onFile: (file: File | undefined) => void;
}) => (
  <label>
    <span>
      {part.name}
      {part.isRequired ? " (required)" : ""}
    </span>
    <input
      type="file"
      required={part.isRequired}
      accept={part.contentTypes.join(",")}
      onChange={({ currentTarget: input }) => onFile(input.files?.[0])}
    />
  </label>
);

const UploadProgress = () => {
  const now = progress.value;
  if (now === null) return null;
  return (
    <div class="bar" role="status">
      <progress max={now.totalBytes} value={now.sentBytes} aria-label={`Upload of ${now.name}`} />
      <span>
        {now.name}: {sizeText(now.sentBytes)} of {sizeText(now.totalBytes)}
      </span>
      <button type="button" onClick={cancelUpload}>
        Stop the upload
      </button>
    </div>
  );
};

/** The form of a workload: its params and its files. */
export const NewJob = ({ workload }: { readonly workload: WorkloadInfo }) => {
  const [values, setValues] = useState<FormValues>({});
  const [files, setFiles] = useState<ReadonlyMap<string, File>>(new Map());
  return (
    <form
      aria-label={`New job of ${workload.path}`}
      onSubmit={(event) => {
        event.preventDefault();
        inBackground(order(workload, values, files));
      }}
    >
      <p>{workload.summary}</p>
      <SchemaFields schema={workload.params} values={values} onChange={setValues} />
      <div class="fields">
        {workload.parts.map((part) => (
          <PartField
            key={part.name}
            part={part}
            onFile={(file) => {
              const rest = [...files].filter(([name]) => name !== part.name);
              setFiles(new Map(file === undefined ? rest : [...rest, [part.name, file]]));
            }}
          />
        ))}
      </div>
      <div class="bar">
        <button class="main" type="submit" disabled={progress.value !== null}>
          Upload and start
        </button>
      </div>
      <UploadProgress />
      <Problem text={problem.value} />
    </form>
  );
};
