import fs, { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { printAnswer } from "../output.ts";
import { addOutputOptions, configurationFor, type OutputFlags } from "./configuration.ts";
import { say } from "./context.ts";
import { imageContext } from "./image-context.ts";
import { projectRoot, releaseVersion } from "./project.ts";
import { sha256 } from "./source.ts";
import { type Template, templateText } from "./template.ts";
import { runWrangler } from "./wrangler.ts";

const MANIFEST = "manifest.json";

const copyTo = async (folder: string, files: readonly string[]): Promise<void> => {
  for (const file of files) await cp(path.join(projectRoot, file), path.join(folder, file));
};

const hashesBelow = async (folder: string): Promise<Record<string, string>> => {
  const entries = await Array.fromAsync(fs.glob("**/*", { cwd: folder, withFileTypes: true }));
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .sort();
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [path.relative(folder, file), sha256(await readFile(file))] as const),
    ),
  );
};

/** What is there and is not a package would be mixed with one, or lost. @throws CommandFailed */
const expectFree = async (folder: string, force: boolean): Promise<void> => {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (names.length === 0) return;
  if (!names.includes(MANIFEST))
    throw new CommandFailed(`${folder} is not empty and holds no package: name another folder.`);
  if (!force) throw new CommandFailed(`${folder} holds a package already: pass --force to replace it.`);
};

/** The template as it is where the bundle, the assets and the image's context lie beside it. */
const packaged = ({ build: _build, ...rest }: Template) => {
  const [database] = rest.d1_databases;
  return {
    ...rest,
    main: "worker/index.js",
    no_bundle: true,
    find_additional_modules: true,
    assets: { ...rest.assets, directory: "assets" },
    d1_databases: [{ ...database, migrations_dir: "migrations" }],
    containers: rest.containers.map((container) => ({
      ...container,
      image: "image/executor/Dockerfile",
      image_build_context: "image",
    })),
  };
};

const fill = async (folder: string, template: Template): Promise<void> => {
  const config = path.join(folder, "wrangler.toml");
  await writeFile(config, templateText(template));
  say("Bundling the Worker");
  const bundle = ["deploy", "--dry-run", "--containers-rollout", "none", "--config", config];
  await runWrangler([...bundle, "--outdir", path.join(folder, "worker")], "Bundling the Worker");
  await cp(path.join(projectRoot, "dist/assets"), path.join(folder, "assets"), { recursive: true });
  await cp(path.join(projectRoot, "migrations"), path.join(folder, "migrations"), { recursive: true });
  await copyTo(path.join(folder, "image"), await imageContext());
  await writeFile(config, templateText(packaged(template)));
};

/** The folder itself stays, because it may be where somebody is; what is no part of a package stays in it. */
const putInPlace = async (making: string, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await rm(path.join(folder, MANIFEST), { force: true });
  const names = (await readdir(making)).filter((name) => name !== MANIFEST);
  for (const name of [...names, MANIFEST]) {
    await rm(path.join(folder, name), { recursive: true, force: true });
    await rename(path.join(making, name), path.join(folder, name));
  }
};

const packageTo = async (command: Command): Promise<void> => {
  const { output, force } = command.opts<OutputFlags>();
  if (output === "-") command.error("A package is a folder: name one, -o DIR.");
  const folder = path.resolve(output);
  await expectFree(folder, force === true);
  // Made beside its place, so that a run that fails leaves no half of one there.
  const making = `${folder}.making-${process.pid}`;
  await mkdir(making, { recursive: true });
  try {
    const { names, source, template } = await configurationFor(command, making);
    await fill(making, template);
    const manifest = {
      worker: names.worker,
      version: releaseVersion(),
      protocol: source.protocol,
      sha256: await hashesBelow(making),
    };
    await writeFile(path.join(making, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    await putInPlace(making, folder);
    printAnswer(
      command,
      { folder, ...manifest },
      () =>
        `${folder} holds ${names.worker}: bundle, assets, migrations, image's context, wrangler.toml and manifest.json.`,
    );
  } finally {
    await rm(making, { recursive: true, force: true });
  }
};

export const addPackage = (program: Command): void => {
  addOutputOptions(program.command("package"), "<folder>")
    .description("Writes all that a deployment is made of into a folder, with a manifest of SHA-256s")
    .action((_options, command: Command) => packageTo(command));
};
