import { Webhook } from "standardwebhooks";
import { inject } from "vitest";
import { eventually } from "./eventually.ts";

declare module "vitest" {
  interface ProvidedContext {
    receiverUrl: string;
  }
}

export type Received = {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
};

/** How the receiver answers one attempt: with a status (204), not at all, or by cutting the connection. */
export type Step = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly does?: "hang" | "reset";
};

/** One address of the receiver that test/support/webhook-receiver.ts serves over real HTTP. */
export class Receiver {
  readonly #name = crypto.randomUUID();
  readonly #origin = inject("receiverUrl");
  readonly url = `${this.#origin}/hook/${this.#name}`;

  /** What the next attempts meet; the last step stays. */
  async plan(...steps: Step[]): Promise<void> {
    await fetch(`${this.#origin}/plan/${this.#name}`, { method: "PUT", body: JSON.stringify(steps) });
  }

  async received(): Promise<Received[]> {
    const response = await fetch(`${this.#origin}/received/${this.#name}`);
    return response.json<Received[]>();
  }

  /** The attempts so far, once there are so many. */
  attempts(count: number): Promise<Received[]> {
    return eventually(`attempt ${count} at the receiver`, async () => {
      const received = await this.received();
      return received.length >= count ? received : null;
    });
  }
}

export const header = (received: Received | undefined, name: string): string => received?.headers[name] ?? "";

/** What the project of Standard Webhooks says of a request; throws what that library throws. */
export const verified = (received: Received | undefined, secret: string): unknown =>
  new Webhook(secret).verify(received?.body ?? "", received?.headers ?? {});
