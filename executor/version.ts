import manifest from "../package.json" with { type: "json" };

export const version = manifest.version;
/** Said with every request to the service, so that its owner can tell executors from browsers. */
export const userAgent = `sandpiper-executor/${version}`;
