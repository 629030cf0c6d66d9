import { AwsClient } from "aws4fetch";
import type { DownloadHeaders, Presigner, SignedUpload } from "../domain/ports/presigner.ts";

export type S3Access = {
  /** The S3 endpoint with the bucket's name, without a trailing slash. */
  readonly bucketUrl: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
};

const headersOf = ({ contentType, sizeBytes }: SignedUpload): Record<string, string> => ({
  ...(contentType === undefined ? {} : { "content-type": contentType }),
  ...(sizeBytes === undefined ? {} : { "content-length": String(sizeBytes) }),
});

/** SigV4 query signing: host, method and key, and what an upload was named to be; other headers are the client's. */
export const s3Presigner = (access: S3Access): Presigner => {
  const { accessKeyId, secretAccessKey } = access;
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: "s3", region: "auto" });
  const presign = async (
    method: "GET" | "PUT",
    key: string,
    expiresInSeconds: number,
    { answer, headers = {} }: { answer?: DownloadHeaders; headers?: Record<string, string> },
  ): Promise<string> => {
    const url = new URL(`${access.bucketUrl}/${key}`);
    url.searchParams.set("X-Amz-Expires", String(expiresInSeconds));
    if (answer !== undefined) {
      url.searchParams.set("response-content-disposition", answer.contentDisposition);
      url.searchParams.set("response-content-type", answer.contentType);
    }
    const signed = await client.sign(url.href, {
      method,
      headers,
      // Without it the library leaves out the very headers that say what is uploaded.
      aws: { signQuery: true, allHeaders: true },
    });
    // A space is signed as %20, and not every server reads a plus as one.
    return signed.url.replaceAll("+", "%20");
  };
  return {
    get: (key, expiresInSeconds, answer) =>
      presign("GET", key, expiresInSeconds, answer === undefined ? {} : { answer }),
    put: (key, expiresInSeconds, signed = {}) =>
      presign("PUT", key, expiresInSeconds, { headers: headersOf(signed) }),
  };
};
