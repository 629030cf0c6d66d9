export type ServerSentEvent = { readonly id: string; readonly event: string; readonly data: string };

const field = (block: string, name: string): string =>
  block
    .split("\n")
    .filter((line) => line.startsWith(`${name}: `))
    .map((line) => line.slice(name.length + 2))
    .join("\n");

/** All events of a stream that ends; comments are left out. */
export const readEvents = async (response: Response): Promise<ServerSentEvent[]> => {
  const blocks = (await response.text()).split("\n\n").filter((block) => field(block, "event") !== "");
  return blocks.map((block) => ({
    id: field(block, "id"),
    event: field(block, "event"),
    data: field(block, "data"),
  }));
};
