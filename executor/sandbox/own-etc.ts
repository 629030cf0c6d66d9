import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Who a program is: the one user of its sandbox. */
export const SANDBOX_USER = "sandbox";
export const SANDBOX_HOME = "/tmp";
export const SANDBOX_ID = 65_534;

const services = [
  ["ftp", 21],
  ["ssh", 22],
  ["telnet", 23],
  ["smtp", 25],
  ["domain", 53],
  ["http", 80],
  ["pop3", 110],
  ["ntp", 123],
  ["imap2", 143],
  ["https", 443],
  ["mysql", 3306],
  ["postgresql", 5432],
  ["redis", 6379],
  ["http-alt", 8080],
] as const;

/** Small tables that the C library looks names up in; there is no network, so names of hosts end here. */
const files: Readonly<Record<string, string>> = {
  hosts: "127.0.0.1 localhost sandbox\n::1 localhost ip6-localhost\n",
  passwd: `root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n${SANDBOX_USER}:x:${SANDBOX_ID}:${SANDBOX_ID}::${SANDBOX_HOME}:/bin/bash\n`,
  group: `root:x:0:\n${SANDBOX_USER}:x:${SANDBOX_ID}:\n`,
  "nsswitch.conf": ["passwd", "group", "hosts", "services", "protocols"]
    .map((name) => `${name}: files\n`)
    .join(""),
  services: services.flatMap(([name, port]) => [`${name} ${port}/tcp\n`, `${name} ${port}/udp\n`]).join(""),
  protocols: "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6 41 IPv6\nipv6-icmp 58 IPv6-ICMP\n",
};

/** The files of /etc in every sandbox. */
export const etcFiles: readonly string[] = Object.keys(files);

/** Writes them below a folder of the machine, from where they are bound; answers their folder. */
export const writeOwnEtc = (parent: string): string => {
  const folder = join(parent, "etc");
  mkdirSync(folder, { mode: 0o755 });
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), content, { mode: 0o644 });
  return folder;
};
