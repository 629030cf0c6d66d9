/** Something the user can mend; its message is one clear line and is all that is shown. */
export class StartError extends Error {}
