import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  type KeyBinding,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "preact/hooks";
import { modeOf } from "./modes.ts";

/** The policy of the page allows the styles that carry this word; it is new with each answer. */
const nonce = document.querySelector<HTMLMetaElement>("meta[name=style-nonce]")?.content ?? "";

const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--code-string)" },
  { tag: [tags.comment, tags.meta], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-number)" },
  { tag: [tags.definition(tags.variableName), tags.function(tags.variableName)], color: "var(--code-name)" },
  { tag: [tags.typeName, tags.className, tags.standard(tags.variableName)], color: "var(--code-type)" },
]);

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--field)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--faint)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--line)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selection)" },
});

type Props = {
  readonly path: string;
  /** The file's text as it is now. While it is typed here the editor's own text is the newest. */
  readonly read: () => string;
  /** Changes when a text was replaced from outside. */
  readonly revision: number;
  readonly onChange: (text: string) => void;
  /** Ctrl-Enter, which the editor would take for a line break. */
  readonly onRun: () => void;
};

const shared: Extension = [
  EditorView.cspNonce.of(nonce),
  lineNumbers(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  history(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  syntaxHighlighting(colors),
  theme,
];

const runKey = (run: () => void): KeyBinding => ({
  key: "Mod-Enter",
  run: () => {
    run();
    return true;
  },
});

/** The editor of one file at a time; each keeps its own history and cursor while the page is open. */
export const Editor = ({ path, read, revision, onChange, onRun }: Props) => {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const states = useRef(new Map<string, EditorState>());
  const latest = useRef({ onChange, onRun });
  latest.current = { onChange, onRun };

  useEffect(() => {
    const text = read();
    const mode = modeOf(path);
    const before = states.current.get(path);
    const state =
      before !== undefined && before.doc.toString() === text
        ? before
        : EditorState.create({
            doc: text,
            extensions: [
              keymap.of([
                runKey(() => latest.current.onRun()),
                indentWithTab,
                ...defaultKeymap,
                ...historyKeymap,
              ]),
              shared,
              indentUnit.of(/\.(py|rs|cs|java|kt|php)$/.test(path) ? "    " : "  "),
              EditorView.contentAttributes.of({
                tabindex: "0",
                "aria-label": `Text of ${path}. Escape, then Tab leaves the editor.`,
              }),
              ...(mode === null ? [] : [mode]),
              EditorView.updateListener.of((update) => {
                if (update.docChanged) latest.current.onChange(update.state.doc.toString());
              }),
            ],
          });
    if (view.current === null && host.current !== null)
      view.current = new EditorView({ parent: host.current, state });
    else view.current?.setState(state);
    return () => {
      if (view.current !== null) states.current.set(path, view.current.state);
    };
  }, [path, revision]);

  useEffect(() => () => view.current?.destroy(), []);
  return <div class="editor" ref={host} />;
};
