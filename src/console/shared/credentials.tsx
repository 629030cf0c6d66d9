import { computed, signal } from "@preact/signals";
import { readStored, writeStored } from "./stored.ts";

type Credentials = { readonly user: string; readonly secret: string };

const NAME = "sandpiper.credentials";
const NONE: Credentials = { user: "", secret: "" };

const isCredentials = (value: unknown): value is Credentials =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Credentials).user === "string" &&
  typeof (value as Credentials).secret === "string";

/** Who the visitor is; kept for this tab alone, and sent in a header, never in an address. */
const credentials = signal(readStored(sessionStorage, NAME, isCredentials) ?? NONE);

export const hasKey = computed(() => credentials.value.secret !== "");

const basic = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** A key goes as a bearer's, a name with a password as basic credentials. */
export const credentialHeaders = (): Record<string, string> => {
  const { user, secret } = credentials.value;
  if (secret === "") return {};
  return { Authorization: user === "" ? `Bearer ${secret}` : `Basic ${basic(`${user}:${secret}`)}` };
};

const change = (part: Partial<Credentials>): void => {
  credentials.value = { ...credentials.value, ...part };
  writeStored(sessionStorage, NAME, credentials.value);
};

/** Asks for a key, or for a name and a password; `onChange` is called when the visitor has given them. */
export const CredentialsForm = ({ onChange }: { readonly onChange: () => void }) => (
  <details class="credentials">
    <summary>{hasKey.value ? "Signed in for this tab" : "Sign in"}</summary>
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault();
        onChange();
      }}
    >
      <label>
        <span>User name (leave empty with a key)</span>
        <input
          autocomplete="off"
          value={credentials.value.user}
          onInput={({ currentTarget: input }) => change({ user: input.value })}
        />
      </label>
      <label>
        <span>Key or password</span>
        <input
          type="password"
          autocomplete="off"
          value={credentials.value.secret}
          onInput={({ currentTarget: input }) => change({ secret: input.value })}
        />
      </label>
      <div class="bar">
        <button type="submit">Use</button>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            change(NONE);
            onChange();
          }}
        >
          Forget
        </button>
      </div>
    </form>
  </details>
);
