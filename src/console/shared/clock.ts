import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

const EVERY_MS = 200;
const now = signal(Date.now());
let users = 0;
let timer = 0;

/** The time, which goes on by itself while somebody shows it; no request is made for it. */
export const useNow = (isOn: boolean): number => {
  useEffect(() => {
    if (!isOn) return;
    now.value = Date.now();
    users += 1;
    if (users === 1)
      timer = setInterval(() => {
        now.value = Date.now();
      }, EVERY_MS);
    return () => {
      users -= 1;
      if (users === 0) clearInterval(timer);
    };
  }, [isOn]);
  return now.value;
};
