const PREFIX = "judge ";

/** Whom the doors count: the owner of a key. */
export const judgeOwnerKey = (owner: string): string => `${PREFIX}key ${owner}`;

/** Whether this is the name of a budget of a key's owner at the doors. */
export const isJudgeOwnerKey = (name: string): boolean => name.startsWith(`${PREFIX}key `);

/** The name of the quota object by which a stranger at the doors counts. */
export const judgeKeyOf = (clientKey: string): string => `${PREFIX}${clientKey}`;

export const isJudgeKey = (name: string): boolean => name.startsWith(PREFIX);

/** The client in the name of its budget at the doors. */
export const withoutJudge = (name: string): string => name.slice(PREFIX.length);
