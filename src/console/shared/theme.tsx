import { effect, signal } from "@preact/signals";
import { readStored, writeStored } from "./stored.ts";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const NAME = "sandpiper.theme";
const isTheme = (value: unknown): value is Theme => THEMES.includes(value as Theme);

const theme = signal<Theme>(readStored(localStorage, NAME, isTheme) ?? "system");

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export const ThemeChoice = () => (
  <label class="inline">
    <span class="visually-hidden">Colours</span>
    <select
      value={theme.value}
      onChange={({ currentTarget: select }) => {
        theme.value = select.value as Theme;
        writeStored(localStorage, NAME, theme.value);
      }}
    >
      {THEMES.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  </label>
);
