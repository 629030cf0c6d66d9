import { signal } from "@preact/signals";
import { memo } from "preact/compat";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Block, Log } from "./log.ts";
import type { Span } from "./screen.ts";

const Piece = ({ text, style }: Span) => {
  if (style.className === "" && style.color === null && style.background === null) return <>{text}</>;
  const colors = {
    ...(style.color === null ? {} : { color: style.color }),
    ...(style.background === null ? {} : { backgroundColor: style.background }),
  };
  return (
    <span class={style.className} style={colors}>
      {text}
    </span>
  );
};

/** Drawn again when `version` has changed. */
const Lines = memo(
  ({ block }: { readonly block: Block; readonly version: number }) => (
    <div class="log-block">
      {block.lines.map((line, at) => (
        <div key={at} class={`log-line ${line.stream}`}>
          {line.spans.map((span, place) => (
            <Piece key={place} {...span} />
          ))}
          {"\n"}
        </div>
      ))}
    </div>
  ),
  (before, after) => before.block === after.block && before.version === after.version,
);

const FILTERS = { both: "Both", stdout: "stdout", stderr: "stderr" } as const;
type Filter = keyof typeof FILTERS;
const filter = signal<Filter>("both");

const FilterButtons = () => (
  <fieldset class="segmented">
    <legend class="visually-hidden">Streams shown</legend>
    {(Object.keys(FILTERS) as Filter[]).map((name) => (
      <button
        key={name}
        type="button"
        aria-pressed={filter.value === name}
        onClick={() => {
          filter.value = name;
        }}
      >
        {FILTERS[name]}
      </button>
    ))}
  </fieldset>
);

type Props = {
  readonly log: Log;
  readonly wholeLog: string | null;
  readonly placeholder: string;
  readonly name?: string;
};

/** Nearer than this to its end, the log follows what comes. */
const NEAR_END_PX = 40;

/** The log as it grows; `wholeLog` is the address of all of it. */
export const LogView = ({ log, wholeLog, placeholder, name = "Output of the program" }: Props) => {
  const frame = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const version = log.drawn.value;
  useLayoutEffect(() => {
    const element = frame.current;
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight;
  }, [version, log]);
  return (
    <section class="log" aria-label={name}>
      <div class="bar">
        <FilterButtons />
        {wholeLog !== null && (
          <a href={wholeLog} target="_blank" rel="noreferrer">
            Plain text
          </a>
        )}
      </div>
      <div
        ref={frame}
        class={`log-frame show-${filter.value}`}
        role="log"
        aria-live="off"
        aria-label={`${name}: stdout and stderr`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard
        tabIndex={0}
        onScroll={({ currentTarget: at }) => {
          follows.current = at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_END_PX;
        }}
      >
        {log.droppedLines > 0 && (
          <p class="note">{log.droppedLines} earlier lines are in the plain text only.</p>
        )}
        {log.isEmpty && <p class="note">{placeholder}</p>}
        {log.blocks.map((block) => (
          <Lines key={block.number} block={block} version={block.version} />
        ))}
      </div>
    </section>
  );
};
