import { shown, UploadRefused } from "./refusal.ts";

/** The names taken so far; refuses a second file of one name, and a name that is both file and folder. */
export class EntryTree {
  readonly #kinds = new Map<string, "file" | "folder">();
  readonly #maxNames: number;

  constructor(maxNames: number) {
    this.#maxNames = maxNames;
  }

  addFile(path: string): void {
    this.#addParents(path);
    const taken = this.#kinds.get(path);
    if (taken === "file")
      throw new UploadRefused("duplicate_name", `The file ${shown(path)} is there twice; send it once`);
    if (taken === "folder") throw this.#conflict(path);
    this.#set(path, "file");
  }

  /** Whether the folder is new. */
  addFolder(path: string): boolean {
    this.#addParents(path);
    if (this.#kinds.get(path) === "file") throw this.#conflict(path);
    if (this.#kinds.has(path)) return false;
    this.#set(path, "folder");
    return true;
  }

  isFolder(path: string): boolean {
    return path === "" || this.#kinds.get(path) === "folder";
  }

  #addParents(path: string): void {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      const parent = path.slice(0, at);
      const taken = this.#kinds.get(parent);
      if (taken === "file") throw this.#conflict(parent);
      if (taken === undefined) this.#set(parent, "folder");
    }
  }

  #set(path: string, kind: "file" | "folder"): void {
    if (this.#kinds.size >= this.#maxNames)
      throw new UploadRefused(
        "too_many_entries",
        `The upload has more than ${this.#maxNames} files and folders`,
      );
    this.#kinds.set(path, kind);
  }

  #conflict(path: string): UploadRefused {
    return new UploadRefused(
      "duplicate_name",
      `The name ${shown(path)} is used for a file and for a folder; rename one of them`,
    );
  }
}
