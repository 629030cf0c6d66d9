/** SIGTERM asks to leave in order; another one, or SIGINT, ends everything at once. */
export const onStopSignals = ({ leave, stopNow }: { leave(): void; stopNow(): void }): void => {
  process.once("SIGTERM", () => {
    process.once("SIGTERM", stopNow);
    leave();
  });
  process.once("SIGINT", stopNow);
};
