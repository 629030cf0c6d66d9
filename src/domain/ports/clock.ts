/** Epoch milliseconds; shells read it once per event and pass the value on. */
export type Clock = () => number;
