const ESCAPES = /(?:%[0-9a-f]{2})+/gi;

/** Whether what is percent-escaped in a path or a query is UTF-8. */
export const isUtf8 = (text: string): boolean => {
  try {
    for (const [run] of text.matchAll(ESCAPES)) decodeURIComponent(run);
    return true;
  } catch {
    return false;
  }
};
