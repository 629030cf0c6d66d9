import manifest from "../../package.json" with { type: "json" };

/** The version of the package that this command is part of. */
export const VERSION: string = manifest.version;
