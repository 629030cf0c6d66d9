import { useState } from "preact/hooks";
import { Act } from "../shared/act.tsx";
import { textOf } from "../shared/ask.ts";
import { loaded, Refresh, useLoaded } from "../shared/loaded.tsx";
import { askOperator } from "./token.tsx";

const maintenance = loaded(async (signal) => (await askOperator("/operator/maintenance", { signal })).body);

const set = async (on: boolean, message: string): Promise<void> => {
  const body = { on, ...(message === "" ? {} : { message }) };
  maintenance.value.value = (await askOperator("/operator/maintenance", { method: "POST", body })).body;
};

/** Takes no new jobs, or takes them again. */
export const MaintenanceForm = () => {
  useLoaded(maintenance);
  const [message, setMessage] = useState("");
  const told = maintenance.value.value;
  const isOn = told?.on === true;
  return (
    <section aria-label="Maintenance">
      <div class="bar">
        <h3>Maintenance</h3>
        <Refresh of={maintenance} />
      </div>
      {told !== null && (
        <>
          <p role="status">
            {isOn ? `Nothing new is taken: "${textOf(told.message)}"` : "New jobs are taken."}
          </p>
          {!isOn && (
            <label>
              <span>Message for those who are turned away</span>
              <input
                value={message}
                maxLength={200}
                placeholder="The service is being maintained; try again later"
                onInput={({ currentTarget: input }) => setMessage(input.value)}
              />
            </label>
          )}
          <div class="bar">
            {isOn ? (
              <Act label="Take jobs again" about="" act={() => set(false, "")} />
            ) : (
              <Act
                label="Take no new jobs"
                about=""
                sure="Turn all submissions away"
                act={() => set(true, message)}
              />
            )}
          </div>
        </>
      )}
    </section>
  );
};
