import { type ClientRequest, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";

/** Opens a request by the address's own scheme; connections are kept alive, redirects are not followed. */
export const openRequest = (address: string, options: RequestOptions): ClientRequest => {
  const url = new URL(address);
  return url.protocol === "https:" ? httpsRequest(url, options) : httpRequest(url, options);
};
