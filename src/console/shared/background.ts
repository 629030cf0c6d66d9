/** Work whose end nobody waits for: it shows its failures itself, and what it lets through is told the browser. */
export const inBackground = (work: Promise<unknown>): void => {
  work.catch(reportError);
};
