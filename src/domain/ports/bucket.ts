import type { UploadedObject } from "../job/upload-checks.ts";

export type StoredObject = { readonly body: ReadableStream<Uint8Array>; readonly sizeBytes: number };

/** A large object written in parts; every part but the last has the same size (R2). */
export type PartWriter = {
  write(partNumber: number, bytes: Uint8Array): Promise<void>;
  complete(): Promise<void>;
  abort(): Promise<void>;
};

export type Bucket = {
  /** What is stored under a key, without its bytes. */
  head(key: string): Promise<UploadedObject | null>;
  get(key: string, range?: { offset: number; length: number }): Promise<StoredObject | null>;
  /** The object if it still has this ETag (without quotes); null when it has another or is gone. */
  getUnchanged(key: string, etag: string): Promise<StoredObject | null>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Stores an object a second time; false when it is gone. */
  copy(from: string, to: string): Promise<boolean>;
  putParts(key: string): Promise<PartWriter>;
  /** Ids of at most so many job objects that have something here, in order, from this one on. */
  owners(startId: string, limit: number): Promise<string[]>;
  /** When the newest of at most a thousand objects whose keys start so was stored; null where there is none. */
  newestAtMs(prefix: string): Promise<number | null>;
  /** Deletes everything whose key starts so. */
  removeAll(prefix: string): Promise<void>;
};
