// Runs before every other script, on whatever Node the machine has (>= 20), so it is plain JavaScript
// without dependencies. Installs what is missing and costs a few milliseconds when nothing is.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");

/** Programs and their Debian packages. Only folders that a sandboxed job sees too are looked through. */
const programs = {
  bwrap: "bubblewrap",
  python3: "python3",
  bash: "bash",
  perl: "perl-base",
  tar: "tar",
  setpriv: "util-linux",
};
const folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

const stop = (line) => {
  process.stderr.write(`${line}\n`);
  process.exit(1);
};

const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const isInstalled = (program) => folders.some((folder) => isExecutable(path.join(folder, program)));

const missingPackages = (wanted) => [
  ...new Set(
    Object.entries(wanted)
      .filter(([program]) => !isInstalled(program))
      .map(([, debianPackage]) => debianPackage),
  ),
];

/** Output is kept back and shown only if the command fails. */
const run = (command, args, env) => {
  const done = spawnSync(command, args, { cwd: root, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (done.error) return { ok: false, output: done.error.message };
  return { ok: done.status === 0, output: `${done.stdout}${done.stderr}`.trim() };
};

const installDebianPackages = (packages) => {
  const install = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  if (!isInstalled("apt-get")) {
    stop(`Sandpiper needs ${packages.join(", ")}: install them with this system's package manager.`);
  }
  if (process.getuid() !== 0) {
    stop(`Sandpiper needs ${packages.join(", ")}. Run this once, then try again:\n  sudo ${install}`);
  }
  process.stdout.write(`Installing ${packages.join(", ")} with apt-get\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const update = run("apt-get", ["update"], env);
  const installed = run("apt-get", install.split(" ").slice(1), env);
  if (!installed.ok) stop(`${update.ok ? "" : `${update.output}\n`}${installed.output}\n${install} failed.`);
};

const readJson = (file) => JSON.parse(readFileSync(path.join(root, file), "utf8"));

/**
 * npm's own record of what it installed must hold every package of the lockfile. Optional packages are
 * mostly builds for other platforms; the record is written last, so a broken install has none.
 */
const packagesAreInstalled = () => {
  if (!existsSync(path.join(root, "node_modules/.package-lock.json"))) return false;
  if (!existsSync(path.join(root, "node_modules/.bin/node"))) return false;
  const installed = readJson("node_modules/.package-lock.json").packages;
  return Object.entries(readJson("package-lock.json").packages).every(
    ([folder, wanted]) => folder === "" || wanted.optional || installed[folder]?.version === wanted.version,
  );
};

const installNpmPackages = () => {
  process.stdout.write("Installing npm packages\n");
  // npm must not run on the Node inside node_modules, which it is about to replace.
  const PATH = (process.env.PATH ?? "")
    .split(":")
    .filter((folder) => !folder.endsWith("node_modules/.bin"))
    .join(":");
  const done = run("npm", ["ci", "--loglevel=error"], { ...process.env, PATH });
  if (!done.ok) stop(`${done.output}\nnpm ci failed.`);
};

const main = () => {
  if (process.platform !== "linux") {
    stop("Sandpiper's sandbox needs a Linux host; see docs/executor.md for running it in a Linux container.");
  }
  if (Number(process.versions.node.split(".")[0]) < 20) {
    stop(`Sandpiper needs Node 20 or newer; this is ${process.version}.`);
  }
  const forTests = process.argv.includes("--for-tests") ? { chromium: "chromium", pip3: "python3-pip" } : {};
  const missing = missingPackages({ ...programs, ...forTests });
  if (missing.length > 0) installDebianPackages(missing);
  if (!packagesAreInstalled()) installNpmPackages();
};

main();
