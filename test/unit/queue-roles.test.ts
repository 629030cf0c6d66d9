import { describe, expect, it } from "vitest";
import { queueRole } from "../../src/queue/roles.ts";

describe("the role of a queue", () => {
  it("is what the deployment says of its name, however that ends", () => {
    expect(queueRole({ "birds-dead": "dispatch" }, "birds-dead")).toBe("dispatch");
  });

  it("is never guessed: a queue that is not named, and a variable that is none, are errors", () => {
    expect(() => queueRole({ other: "dispatch" }, "birds-dispatch")).toThrow("birds-dispatch");
    expect(() => queueRole(undefined, "birds-dispatch")).toThrow("QUEUE_ROLES");
    expect(() => queueRole({ "birds-dispatch": "no-role" }, "birds-dispatch")).toThrow("QUEUE_ROLES");
  });
});
