/** What the bucket says of a download instead of what is stored with the object; part of what is signed. */
export type DownloadHeaders = { readonly contentType: string; readonly contentDisposition: string };

/** What an upload must be, byte for byte in its headers; part of what is signed. */
export type SignedUpload = { readonly contentType?: string; readonly sizeBytes?: number };

/** Presigned URLs on the bucket's S3 endpoint (SigV4, at most 7 days). */
export type Presigner = {
  get(key: string, expiresInSeconds: number, answer?: DownloadHeaders): Promise<string>;
  put(key: string, expiresInSeconds: number, signed?: SignedUpload): Promise<string>;
};
