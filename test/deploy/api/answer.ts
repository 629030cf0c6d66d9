/** What a route is asked; `body` is the request's, as it came. */
export type Asked = {
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly contentType: string;
  /** Of the bucket that is meant; empty for those that are held in none. */
  readonly jurisdiction: string;
};
export type Answer = { readonly status: number; readonly body: unknown };

export const ok = (result: unknown, info?: unknown): Answer => ({
  status: 200,
  body: {
    success: true,
    errors: [],
    messages: [],
    result,
    ...(info === undefined ? {} : { result_info: info }),
  },
});

export const refused = (status: number, code: number, message: string): Answer => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null },
});

export const pageOf = (items: readonly unknown[]): Answer =>
  ok(items, { page: 1, per_page: 1000, count: items.length, total_count: items.length, total_pages: 1 });

export const json = ({ body }: Asked): Record<string, unknown> =>
  body.length === 0 ? {} : (JSON.parse(body.toString("utf8")) as Record<string, unknown>);

export const part = (asked: Asked, index: number): string => asked.params[index] ?? "";
