import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { inBackground } from "./background.ts";

type Props = {
  readonly label: string;
  /** Of what, for those who hear the button alone. */
  readonly about: string;
  /** What is asked before it is done; nothing is asked without it. */
  readonly sure?: string;
  readonly act: () => Promise<void>;
};

/** A button that does something on the service; what goes wrong stands beside it. */
export const Act = ({ label, about, sure, act }: Props) => {
  const [failure, setFailure] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [isAsking, setAsking] = useState<boolean | null>(null);
  const buttons = useRef<HTMLSpanElement>(null);
  // The button that was pressed is gone with what it asked, and the focus of who uses the keyboard with it.
  useLayoutEffect(() => {
    if (isAsking !== null) buttons.current?.querySelector("button")?.focus();
  }, [isAsking]);
  const run = async (): Promise<void> => {
    setAsking(null);
    setBusy(true);
    setFailure("");
    try {
      await act();
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <span class="act" ref={buttons}>
      {isAsking === true ? (
        <>
          <button type="button" class="main" onClick={() => inBackground(run())}>
            {sure}
          </button>
          <button type="button" onClick={() => setAsking(false)}>
            Keep
          </button>
        </>
      ) : (
        <button
          type="button"
          aria-label={`${label} ${about}`}
          disabled={isBusy}
          onClick={() => (sure === undefined ? inBackground(run()) : setAsking(true))}
        >
          {label}
        </button>
      )}
      {failure !== "" && (
        <span class="problem" role="alert">
          {failure}
        </span>
      )}
    </span>
  );
};
