import { signal } from "@preact/signals";
import type { Environments } from "../../wire/service-answers.ts";
import { client } from "../shared/api.ts";
import { inBackground } from "../shared/background.ts";
import { CasesInput } from "./cases-input.tsx";
import { interpreterOf, languageOf, languages } from "./languages.ts";
import { chooseLanguage, project, type Settings, setSetting } from "./project.ts";

const environments = signal<Environments["environments"]>([]);

/** Asks which environments there are; without an answer the service's own one is left. */
export const loadEnvironments = async (): Promise<void> => {
  try {
    environments.value = (await client.value.environments()).environments;
  } catch {
    environments.value = [];
  }
};

export const LanguageChoice = () => (
  <label class="inline">
    <span>Language</span>
    <select
      value={project.value.settings.language}
      onChange={({ currentTarget: select }) => chooseLanguage(select.value)}
    >
      {languageOf(project.value.settings.language) === null && (
        <option>{project.value.settings.language}</option>
      )}
      {languages.value.map(({ id, name, version }) => (
        <option key={id} value={id}>
          {name} {version}
        </option>
      ))}
    </select>
  </label>
);

const fits = ({ interpreters }: Environments["environments"][number]): boolean =>
  interpreters.length === 0 || interpreters.includes(interpreterOf(project.value.settings.language));

export const EnvironmentChoice = () => {
  const { environment } = project.value.settings;
  const offered = environments.value.filter((one) => one.name !== "default" && fits(one));
  const chosen = offered.find(({ name }) => name === environment);
  const isUnknown = environment !== "" && chosen === undefined;
  return (
    <label class="inline">
      <span>Environment</span>
      <select
        value={environment}
        title={chosen?.packages.join(", ")}
        onFocus={() => inBackground(loadEnvironments())}
        onChange={({ currentTarget: select }) => setSetting("environment", select.value)}
      >
        <option value="">default</option>
        {isUnknown && <option value={environment}>{environment}</option>}
        {offered.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
};

type FieldProps = {
  readonly name: keyof Settings;
  readonly label: string;
  readonly placeholder?: string;
  readonly isNumber?: boolean;
};

const Field = ({ name, label, placeholder, isNumber }: FieldProps) => (
  <label>
    <span>{label}</span>
    <input
      value={project.value.settings[name]}
      placeholder={placeholder}
      inputMode={isNumber ? "numeric" : "text"}
      pattern={isNumber ? "\\d{0,6}" : undefined}
      spellcheck={false}
      onInput={({ currentTarget: input }) => setSetting(name, input.value)}
    />
  </label>
);

/** What the program is given, and how far it may go; empty limits are the service's own. */
export const Inputs = () => (
  <section class="inputs" aria-label="Input and limits">
    <label class="wide">
      <span>stdin</span>
      <textarea
        rows={2}
        spellcheck={false}
        value={project.value.settings.stdin}
        onInput={({ currentTarget: input }) => setSetting("stdin", input.value)}
      />
    </label>
    <Field name="args" label="Arguments" placeholder={"--name 'two words'"} />
    <Field name="entrypoint" label="Entrypoint" placeholder="automatic" />
    <CasesInput />
    <details class="wide">
      <summary>Limits</summary>
      <div class="fields">
        <Field name="timeout" label="Time (s)" placeholder="300" isNumber />
        <Field name="cpuSeconds" label="CPU (s)" placeholder="10" isNumber />
        <Field name="memoryMb" label="Memory (MB)" placeholder="512" isNumber />
      </div>
    </details>
  </section>
);
