import { useState } from "preact/hooks";
import { goTo } from "../route.ts";
import { ask, type Json, textOf } from "../shared/ask.ts";
import { inBackground } from "../shared/background.ts";
import { bodySchema, description, pathOf } from "../shared/description.ts";
import { loaded, Refresh, useLoaded } from "../shared/loaded.tsx";
import { Problem } from "../shared/problem.tsx";
import { type FormValues, objectOf, SchemaFields } from "../shared/schema-form.tsx";
import { jobsPath } from "./jobs.ts";

type FormProps = {
  readonly label: string;
  readonly schema: Json;
  readonly button: string;
  readonly send: (body: Record<string, unknown>) => Promise<void>;
};

const Form = ({ label, schema, button, send }: FormProps) => {
  const [values, setValues] = useState<FormValues>({});
  const [failure, setFailure] = useState("");
  const submit = async (): Promise<void> => {
    try {
      await send(objectOf(schema, values));
      setValues({});
      setFailure("");
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        inBackground(submit());
      }}
    >
      <SchemaFields schema={schema} values={values} onChange={setValues} />
      <div class="bar">
        <button type="submit">{button}</button>
      </div>
      <Problem text={failure} />
    </form>
  );
};

/** Registers a job, by a form of the deployment's own request model. */
export const NewJob = () => {
  const document = description.value.value;
  if (document === null) return null;
  return (
    <details>
      <summary>Register a job</summary>
      <Form
        label="Register a job"
        schema={bodySchema(document, jobsPath.value, "post")}
        button="Register"
        send={async (body) => {
          const made = await ask(jobsPath.value, { method: "POST", body });
          goTo("jobs", textOf(made.body.job_id));
        }}
      />
    </details>
  );
};

const settingsPath = (): string | null => {
  const document = description.value.value;
  return document === null ? null : pathOf(document, "settingsGet");
};

const settings = loaded(async (signal) => {
  const path = settingsPath();
  return path === null ? null : (await ask(path, { signal })).body;
});

/** The settings that each new job gets a copy of. */
export const Settings = () => {
  const document = description.value.value;
  const path = settingsPath();
  useLoaded(settings, path ?? "");
  const now = settings.value.value;
  if (document === null || path === null) return null;
  return (
    <details>
      <summary>Settings</summary>
      <div class="bar">
        <Refresh of={settings} />
      </div>
      {now !== null && (
        <dl class="facts">
          {Object.entries(now).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      )}
      <Form
        label="Change settings"
        schema={bodySchema(document, path, "patch")}
        button="Change"
        send={async (body) => {
          await ask(path, { method: "PATCH", body });
          await settings.load();
        }}
      />
    </details>
  );
};
