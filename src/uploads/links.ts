import { shown, UploadRefused } from "./refusal.ts";

/** A link as an archive has it: `target` is where it points to, as it stands there. */
export type ArchiveLink = {
  readonly kind: "symbolic" | "hard";
  readonly path: string;
  readonly target: string;
};

/** More links one behind the other than any system follows. */
const MAX_HOPS = 40;

const refused = ({ kind, path, target }: ArchiveLink, problem: string): UploadRefused =>
  new UploadRefused(
    "bad_archive",
    `The entry ${shown(path)} is a ${kind} link to ${shown(target)}, which ${problem}; pack the file itself in place of the link (tar --dereference, zip without -y)`,
  );

const OUTSIDE = "lies outside of the upload";

/** The segments of a path without `.` and `..`; null when it leads above the upload's top. */
const normalised = (segments: readonly string[]): string[] | null => {
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") kept.push(segment);
    else if (kept.pop() === undefined) return null;
  }
  return kept;
};

/** Where a link points to from its own place; a hard link's target is named from the archive's top. */
const targetOf = (link: ArchiveLink): string[] => {
  if (link.target.startsWith("/") || /^[A-Za-z]:/.test(link.target)) throw refused(link, OUTSIDE);
  const from = link.kind === "hard" ? [] : link.path.split("/").slice(0, -1);
  const target = normalised([...from, ...link.target.split("/")]);
  if (target === null) throw refused(link, OUTSIDE);
  return target;
};

/** Follows links, folders in between included, to a path that is none. */
const followed = (first: ArchiveLink, links: ReadonlyMap<string, ArchiveLink>): string => {
  let path = targetOf(first);
  for (let hops = 0; hops <= MAX_HOPS; hops += 1) {
    const at = path.findIndex((_, index) => links.has(path.slice(0, index + 1).join("/")));
    if (at < 0) return path.join("/");
    const link = links.get(path.slice(0, at + 1).join("/"));
    if (link === undefined) break;
    path = [...targetOf(link), ...path.slice(at + 1)];
  }
  throw refused(first, "leads around in a circle");
};

/** What an upload holds beside its links. */
export type LinkedTree = {
  readonly isFile: (path: string) => boolean;
  /** "" is the upload's top. */
  readonly isFolder: (path: string) => boolean;
  readonly files: Iterable<string>;
};

/** A name that a file has beside its own. */
export type Alias = { readonly path: string; readonly file: string };

/**
 * What links stand for: another name for a file, and for a folder one for each file below it. A link that
 * leaves the upload, points to nothing or around in a circle is refused by its name. Ends with `take` refusing, when there
 * are too many.
 */
export const resolveLinks = async (
  links: ReadonlyMap<string, ArchiveLink>,
  tree: LinkedTree,
  take: (alias: Alias) => Promise<void>,
): Promise<void> => {
  const files = [...tree.files];
  const below = (folder: string, names: Iterable<string>): string[] =>
    [...names].filter((name) => folder === "" || name.startsWith(`${folder}/`));
  const restOf = (name: string, folder: string): string =>
    folder === "" ? name : name.slice(folder.length + 1);
  const expand = async (as: string, link: ArchiveLink, depth: number): Promise<void> => {
    const file = followed(link, links);
    if (tree.isFile(file)) return take({ path: as, file });
    if (!tree.isFolder(file)) throw refused(link, "is not in the upload");
    if (depth > MAX_HOPS || file === "" || link.path.startsWith(`${file}/`))
      throw refused(link, "leads around in a circle");
    for (const name of below(file, files)) await take({ path: `${as}/${restOf(name, file)}`, file: name });
    for (const name of below(file, links.keys())) {
      const inner = links.get(name);
      if (inner !== undefined) await expand(`${as}/${restOf(name, file)}`, inner, depth + 1);
    }
  };
  for (const [path, link] of links) await expand(path, link, 0);
};
