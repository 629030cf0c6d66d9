import { AwsClient } from "aws4fetch";
import type { DownloadHeaders, Presigner } from "../domain/ports/presigner.ts";

export type S3Access = {
  /** The S3 endpoint with the bucket's name, without a trailing slash. */
  readonly bucketUrl: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
};

/** SigV4 query signing; only host, method and key are signed, so a client needs no header of ours. */
export const s3Presigner = (access: S3Access): Presigner => {
  const { accessKeyId, secretAccessKey } = access;
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: "s3", region: "auto" });
  const presign = async (
    method: "GET" | "PUT",
    key: string,
    expiresInSeconds: number,
    answer?: DownloadHeaders,
  ): Promise<string> => {
    const url = new URL(`${access.bucketUrl}/${key}`);
    url.searchParams.set("X-Amz-Expires", String(expiresInSeconds));
    if (answer !== undefined) {
      url.searchParams.set("response-content-disposition", answer.contentDisposition);
      url.searchParams.set("response-content-type", answer.contentType);
    }
    const signed = await client.sign(url.href, { method, aws: { signQuery: true } });
    // A space is signed as %20, and not every server reads a plus as one.
    return signed.url.replaceAll("+", "%20");
  };
  return {
    get: (key, expiresInSeconds, answer) => presign("GET", key, expiresInSeconds, answer),
    put: (key, expiresInSeconds) => presign("PUT", key, expiresInSeconds),
  };
};
