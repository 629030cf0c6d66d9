/** Offered by a client that wants typed frames on a log socket. */
export const SOCKET_PROTOCOL = "sandpiper.v1";

/** Close codes of a log socket: everything was sent, or there is no such job (any more). */
export const SOCKET_CLOSE = { endOfLog: 1000, keyEnded: 4401, noSuchJob: 4404 } as const;
