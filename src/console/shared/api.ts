import { computed, signal } from "@preact/signals";
import { createClient, SandpiperError } from "../../client/index.ts";
import { credentialHeaders } from "./credentials.tsx";

/** Where the service is: the folder that the page was loaded from. */
export const baseUrl = new URL(".", document.baseURI).href.replace(/\/$/, "");

/** Whether log sockets stand; a closed one is opened again by the client. */
export const isConnected = signal(true);

class WatchedSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols);
    this.addEventListener("open", () => {
      isConnected.value = true;
    });
    this.addEventListener("close", ({ code, wasClean }) => {
      if (!wasClean || code === 1006) isConnected.value = false;
    });
  }
}

/** The runs, as whoever the visitor is now. */
export const client = computed(() =>
  createClient({
    baseUrl,
    WebSocket: WatchedSocket,
    headers: credentialHeaders(),
    // Without this a browser would ask for a name and a password by itself.
    fetch: (url, init) => fetch(url, { ...init, credentials: "omit" }),
  }),
);

/** What went wrong, for the reader: the service's own words where it said some. */
export const messageOf = (error: unknown): string => {
  if (error instanceof SandpiperError) {
    const details = error.details.map(({ field, message }) =>
      field === "" ? message : `${field}: ${message}`,
    );
    return [error.message, ...details.filter((text) => !error.message.includes(text))].join("\n");
  }
  return error instanceof Error ? error.message : String(error);
};
