/** What an output is, by its extension. */
export type OutputCategory =
  | "image"
  | "model"
  | "video"
  | "audio"
  | "data"
  | "text"
  | "archive"
  | "code"
  | "document"
  | "other";

const CATEGORIES: Record<Exclude<OutputCategory, "other">, string> = {
  image: "png jpg jpeg gif bmp webp svg tiff ico",
  model: "pt pth safetensors onnx h5 pb ckpt pkl joblib",
  video: "mp4 avi mov mkv webm flv wmv",
  audio: "mp3 wav flac ogg m4a aac",
  data: "csv json parquet npy npz hdf5 feather arrow",
  text: "txt log md rst",
  archive: "zip tar gz tgz bz2 7z",
  code: "py cpp c h hpp js ts rs go java sh",
  document: "pdf docx xlsx pptx",
};

const MIME_TYPES: Record<string, string> = {
  "image/png": "png",
  "image/jpeg": "jpg jpeg",
  "image/gif": "gif",
  "image/bmp": "bmp",
  "image/webp": "webp",
  "image/svg+xml": "svg",
  "video/mp4": "mp4",
  "video/x-msvideo": "avi",
  "video/quicktime": "mov",
  "video/x-matroska": "mkv",
  "video/webm": "webm",
  "audio/mpeg": "mp3",
  "audio/wav": "wav",
  "audio/ogg": "ogg",
  "text/csv": "csv",
  "application/json": "json",
  "text/plain": "txt log",
  "text/markdown": "md",
  "application/zip": "zip",
  "application/x-tar": "tar",
  "application/gzip": "gz",
  "text/x-python": "py",
  "application/javascript": "js",
  "text/x-c++": "cpp",
  "text/x-c": "c h",
  "application/pdf": "pdf",
};

const byExtension = <Kind extends string>(lists: Record<Kind, string>): Map<string, Kind> =>
  new Map(
    (Object.keys(lists) as Kind[]).flatMap((kind) =>
      lists[kind].split(" ").map((extension): [string, Kind] => [extension, kind]),
    ),
  );

const CATEGORY_OF = byExtension(CATEGORIES);
const MIME_TYPE_OF = byExtension(MIME_TYPES);

const extensionOf = (path: string): string => /\.([^./]*)$/.exec(path)?.[1]?.toLowerCase() ?? "";

export const fileCategory = (path: string): OutputCategory => CATEGORY_OF.get(extensionOf(path)) ?? "other";

export const mimeType = (path: string): string =>
  MIME_TYPE_OF.get(extensionOf(path)) ?? "application/octet-stream";

const UNITS = ["B", "KB", "MB", "GB"];

/** One decimal and a unit of base 1024, such as `103.0 B`. */
export const formatSize = (sizeBytes: number): string => {
  let value = sizeBytes;
  for (const unit of UNITS) {
    if (value < 1024) return `${value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)} TB`;
};
