const PREFIX = "judge ";

/** The name of the quota object by which a client of the doors counts. */
export const judgeKeyOf = (clientKey: string): string => `${PREFIX}${clientKey}`;

export const isJudgeKey = (name: string): boolean => name.startsWith(PREFIX);
