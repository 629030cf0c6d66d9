import { computed, signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { type Asked, ask } from "../shared/ask.ts";
import { readStored, writeStored } from "../shared/stored.ts";

const NAME = "sandpiper.operator";
const isText = (value: unknown): value is string => typeof value === "string";

/** The operator's token; kept for this tab alone, and sent in a header, never in an address. */
const token = signal(readStored(sessionStorage, NAME, isText) ?? "");

export const hasToken = computed(() => token.value !== "");

const keep = (text: string): void => {
  token.value = text;
  if (text === "") sessionStorage.removeItem(NAME);
  else writeStored(sessionStorage, NAME, text);
};

type Options = Omit<NonNullable<Parameters<typeof ask>[1]>, "headers">;

/** Asks the operator's face. @throws AskError when it refuses */
export const askOperator = (path: string, options: Options = {}): Promise<Asked> =>
  ask(path, { ...options, headers: { Authorization: `Bearer ${token.value}` } });

/** Asks for the token, or forgets it. */
export const TokenForm = () => {
  const [typed, setTyped] = useState("");
  if (hasToken.value)
    return (
      <button type="button" onClick={() => keep("")}>
        Forget the token
      </button>
    );
  return (
    <form
      class="fields"
      aria-label="Operator's token"
      onSubmit={(event) => {
        event.preventDefault();
        keep(typed.trim());
        setTyped("");
      }}
    >
      <label>
        <span>Operator's token</span>
        <input
          type="password"
          autocomplete="off"
          required
          value={typed}
          onInput={({ currentTarget: input }) => setTyped(input.value)}
        />
      </label>
      <div class="bar">
        <button type="submit">Use</button>
        <span class="faint">It is kept for this tab alone.</span>
      </div>
    </form>
  );
};
