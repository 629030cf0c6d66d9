import { expect } from "vitest";
import type { z } from "zod";
import { problemSchema } from "../../../src/http/runs/schemas.ts";

/** The body has exactly the members of the schema: parsing takes nothing away. */
export const expectExactly = async <T>(response: Response, schema: z.ZodType<T>): Promise<T> => {
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  const body: unknown = await response.json();
  const parsed = schema.parse(body);
  expect(body).toStrictEqual(parsed);
  return parsed;
};

type ProblemBody = z.infer<typeof problemSchema> & Record<string, unknown>;

/** An error answer of this status, in the one shape that all have, readable from any origin. */
export const expectProblem = async (
  response: Response,
  status: number,
  code: string,
): Promise<ProblemBody> => {
  const body = await response.json<ProblemBody>();
  expect([response.status, body.type]).toEqual([status, `urn:sandpiper:error:${code}`]);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(problemSchema.parse(body)).toMatchObject({ status });
  expect(body.error).not.toBe("");
  return body;
};
