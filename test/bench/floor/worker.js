import { DurableObject } from "cloudflare:workers";

/** Stores one value at its first call, and one more at each further one. */
export class Cell extends DurableObject {
  async put(value) {
    this.ctx.storage.kv.put("value", value);
    await this.ctx.storage.setAlarm(Date.now() + 3_600_000);
  }

  alarm() {}
}

const create = async (env) => {
  const ids = [env.CELL.newUniqueId(), env.CELL.newUniqueId()];
  await Promise.all(ids.map((id) => env.CELL.get(id).put("created")));
  const [id] = ids;
  await env.DB.prepare("INSERT INTO jobs (id, state) VALUES (?, ?)").bind(id.toString(), "created").run();
  await env.QUEUE.send({ id: id.toString() });
  return new Response(id.toString());
};

/** An empty service: what the platform's own operations of a run cost, locally simulated, and nothing else. */
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return create(env);
    const cell = env.CELL.get(env.CELL.idFromString(pathname.slice(1)));
    await cell.put(await request.text());
    return new Response(null, { status: 204 });
  },
  queue({ messages }) {
    for (const message of messages) message.ack();
  },
};
