import { z } from "@hono/zod-openapi";

/** What a good answer is, at the top. */
export type DoorAnswer = "object" | "list" | "text" | "nothing";

/** The body of a route whose shapes are the original's, by an example that works. */
export const doorBody = (example: object | undefined) =>
  example === undefined
    ? {}
    : {
        body: {
          required: true,
          content: { "application/json": { schema: z.unknown().openapi({ type: "object" }), example } },
        },
      };

/** The answers of a route whose shapes are the original's; refusals have no body, or one of the original's. */
export const doorResponses = (statuses: readonly number[], answer: DoorAnswer) => {
  const description = "As the original answers";
  const json = (type: "object" | "array") => ({
    "application/json": { schema: z.unknown().openapi(type === "array" ? { type, items: {} } : { type }) },
  });
  const contents = {
    object: { content: json("object") },
    list: { content: json("array") },
    text: { content: { "text/plain": { schema: z.string() } } },
    nothing: {},
  };
  return Object.fromEntries(
    statuses.map((status) => [status, { description, ...(status < 300 ? contents[answer] : {}) }]),
  );
};
