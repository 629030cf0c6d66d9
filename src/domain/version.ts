import manifest from "../../package.json" with { type: "json" };

/** The version that the service reports. */
export const VERSION: string = manifest.version;
