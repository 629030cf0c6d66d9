import { useRef } from "preact/hooks";
import { Editor } from "../editor/editor.tsx";
import { inBackground } from "../shared/background.ts";
import { sizeText } from "../shared/format.ts";
import { chosenFiles } from "./dropped.ts";
import {
  activeFile,
  addFiles,
  editFile,
  isKept,
  newFile,
  type ProjectFile,
  project,
  removeFile,
  renameFile,
  revision,
  showFile,
  textOfFile,
} from "./project.ts";
import { start } from "./session.ts";

const move = (from: string, by: number): void => {
  const { files } = project.value;
  const at = files.findIndex(({ path }) => path === from);
  const next = files[(at + by + files.length) % files.length];
  if (next === undefined) return;
  showFile(next.path);
  document.getElementById(`file-${next.path}`)?.focus();
};

const Tab = ({ file, isActive }: { readonly file: ProjectFile; readonly isActive: boolean }) => (
  <button
    type="button"
    role="tab"
    id={`file-${file.path}`}
    aria-selected={isActive}
    aria-controls="file-panel"
    tabIndex={isActive ? 0 : -1}
    onClick={() => showFile(file.path)}
    onKeyDown={({ key }) => {
      if (key === "ArrowRight") move(file.path, 1);
      if (key === "ArrowLeft") move(file.path, -1);
      if (key === "Delete") removeFile(file.path);
    }}
  >
    {file.path}
  </button>
);

/** Both choosers hand over what was chosen and forget it, so that the same file may be chosen again. */
const Chooser = ({ label, isFolder }: { readonly label: string; readonly isFolder: boolean }) => {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="quiet" onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        {...(isFolder ? { webkitdirectory: true } : {})}
        aria-label={label}
        onChange={({ currentTarget: chosen }) => {
          const files = chosenFiles([...(chosen.files ?? [])]);
          chosen.value = "";
          inBackground(files.then(addFiles));
        }}
      />
    </>
  );
};

const FileBar = ({ path }: { readonly path: string }) => (
  <div class="bar">
    <label class="inline">
      <span>Name</span>
      <input
        key={path}
        defaultValue={path}
        spellcheck={false}
        onChange={({ currentTarget: input }) => {
          renameFile(path, input.value.trim());
          input.value = activeFile.value?.path ?? "";
        }}
      />
    </label>
    <button
      type="button"
      class="quiet"
      disabled={project.value.files.length < 2}
      aria-label={`Remove ${path}`}
      onClick={() => removeFile(path)}
    >
      Remove
    </button>
  </div>
);

const Panel = ({ file }: { readonly file: ProjectFile }) =>
  "text" in file ? (
    <Editor
      path={file.path}
      read={() => textOfFile(file.path)}
      revision={revision.value}
      onChange={(text) => editFile(file.path, text)}
      onRun={() => inBackground(start())}
    />
  ) : (
    <p class="note">
      {sizeText(file.blob.size)}, sent as it is. An archive (.zip, .tar, .tar.gz) is unpacked for the program.
    </p>
  );

/** The project's files in tabs, and the editor of the one in front. */
export const Files = () => {
  const file = activeFile.value;
  return (
    <section class="files" aria-label="Files">
      <div class="bar">
        <div class="tabs" role="tablist" aria-label="Files of the project">
          {project.value.files.map((one) => (
            <Tab key={one.path} file={one} isActive={one.path === file?.path} />
          ))}
        </div>
        <button type="button" class="quiet" onClick={newFile}>
          New
        </button>
        <Chooser label="Add files" isFolder={false} />
        <Chooser label="Add folder" isFolder />
      </div>
      {file !== null && (
        <div class="file-panel" id="file-panel" role="tabpanel" aria-labelledby={`file-${file.path}`}>
          <FileBar path={file.path} />
          <Panel file={file} />
        </div>
      )}
      {file === null && <p class="note">Drop files, a folder or an archive here.</p>}
      {!isKept.value && <p class="note">This project is too large to be kept over a reload.</p>}
    </section>
  );
};
