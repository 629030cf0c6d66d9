import { z } from "@hono/zod-openapi";
import { type DoorAnswer, doorBody, doorResponses } from "../kit/door-responses.ts";

/** The description of a route whose shapes are the original's. */
export const contract = (
  method: "get" | "post" | "delete",
  path: string,
  summary: string,
  statuses: readonly number[] = [200],
  answer: DoorAnswer = "object",
  example?: object,
) => ({
  method,
  path,
  operationId: `${method}Judge0${path.replace(/[^A-Za-z0-9]+(\w?)/g, (_all, next: string) => next.toUpperCase())}`,
  tags: ["judge0"],
  summary,
  request: {
    params: path.includes("{token}")
      ? z.object({ token: z.string() })
      : path.includes("{id}")
        ? z.object({ id: z.string() })
        : z.object({}),
    ...doorBody(example),
  },
  responses: doorResponses(statuses, answer),
});
