import { type Case, project, setCases } from "./project.ts";

const Text = ({
  label,
  value,
  set,
}: {
  readonly label: string;
  readonly value: string;
  readonly set: (text: string) => void;
}) => (
  <label>
    <span>{label}</span>
    <textarea rows={2} spellcheck={false} value={value} onInput={({ currentTarget: at }) => set(at.value)} />
  </label>
);

/** Inputs with what the program must print for each; with any, the run is judged. */
export const CasesInput = () => {
  const { cases } = project.value;
  const set = (at: number, part: Partial<Case>): void =>
    setCases(cases.map((one, place) => (place === at ? { ...one, ...part } : one)));
  return (
    <details class="wide">
      <summary>Cases{cases.length === 0 ? "" : ` (${cases.length})`}</summary>
      <ol class="cases">
        {cases.map((one, at) => (
          <li key={at} class="fields">
            <Text label={`stdin of case ${at + 1}`} value={one.stdin} set={(stdin) => set(at, { stdin })} />
            <Text
              label={`Expected output of case ${at + 1}`}
              value={one.expected}
              set={(expected) => set(at, { expected })}
            />
            <button
              type="button"
              class="quiet"
              aria-label={`Remove case ${at + 1}`}
              onClick={() => setCases(cases.filter((_, place) => place !== at))}
            >
              Remove
            </button>
          </li>
        ))}
      </ol>
      <button type="button" class="quiet" onClick={() => setCases([...cases, { stdin: "", expected: "" }])}>
        Add a case
      </button>
    </details>
  );
};
