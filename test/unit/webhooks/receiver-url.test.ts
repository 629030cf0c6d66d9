import { describe, expect, it } from "vitest";
import { receiverUrlRefusal } from "../../../src/domain/webhooks/receiver-url.ts";

const STRICT = { allowLoopback: false };
const LOCAL = { allowLoopback: true };

const hostile: Record<string, readonly string[]> = {
  "another scheme": [
    "http://example.com/hook",
    "ftp://example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,x",
    "//example.com/hook",
    "example.com/hook",
    "HTTPS://example.com/",
    "",
    "https://",
    "https:///hook",
    "https:example.com",
    "https:\\\\example.com",
  ],
  "a user name or a password": [
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://@example.com/",
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1:80@example.com/",
  ],
  "a loopback address": [
    "https://127.0.0.1/",
    "https://127.1.2.3/",
    "https://[::1]/",
    "https://0.0.0.0/",
    "https://[::]/",
    "http://127.0.0.1/",
  ],
  "a private address": [
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://[fd00::1]/",
    "https://[fc00::1]/",
    "https://[fec0::1]/",
    "https://100.64.0.1/",
    "https://100.127.255.254/",
  ],
  "a link-local or metadata address": [
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://100.100.100.200/",
    "https://192.0.0.192/",
    "https://168.63.129.16/",
    "https://metadata.google.internal/computeMetadata/v1/",
  ],
  "an address that is reserved or not one host's": [
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://240.0.0.1/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://203.0.113.9/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[100::1]/",
  ],
  "an IPv4 address inside an IPv6 one": [
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::127.0.0.1]/",
    "https://[::7f00:1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::1]/",
    "https://[2001:0:7f00:1::]/",
  ],
  "an address in an odd notation": [
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://0/",
    "https://134744072/",
    "https://8.8.2056/",
    "https://08.8.8.8/",
    "https://8.8.8.8./",
    "https://①②⑦.⓪.⓪.①/",
    "https://%31%32%37.0.0.1/",
    "https://127。0。0。1/",
    "https://[fe80::1%25eth0]/",
  ],
  "a name without a public meaning": [
    "https://localhost/",
    "https://LOCALHOST/",
    "https://app.localhost/",
    "https://printer.local/",
    "https://vault.corp/",
    "https://db.svc.cluster.local/",
    "https://db.default.svc/",
    "https://host.docker.internal/",
    "https://router.lan/",
    "https://nas.home.arpa/",
    "https://intranet/",
    "https://metadata/",
    "https://kubernetes/",
  ],
  "a name in an odd form": [
    "https://example.com./",
    "https://localhost./",
    "https://a..example.com/",
    "https://.example.com/",
    "https://-a.example.com/",
    "https://ex%61mple.com/",
    "https://ⓔxample.com/",
    "https://example.com%2f@evil.test/",
    "https://exa mple.com/",
    "https://example.com\\@127.0.0.1/",
    " https://example.com/",
    "https://example.com/\n",
    "https://exam\tple.com/",
  ],
  "a port that is another service's": [
    "https://example.com:22/",
    "https://example.com:25/",
    "https://example.com:0/",
  ],
  "more than 2,048 characters": [`https://example.com/${"a".repeat(2_048)}`],
};

describe("a receiver's URL", () => {
  for (const [what, urls] of Object.entries(hostile)) {
    it.each(urls)(`is refused with ${what}: %j`, (url) => {
      expect(receiverUrlRefusal(url, STRICT)).toEqual(expect.any(String));
    });
  }

  it.each([
    "https://example.com",
    "https://example.com/hooks/sandpiper?token=a%20b#part",
    "https://Hooks.Example.com/in",
    "https://example.com:443/",
    "https://example.com:8443/",
    "https://xn--r8jz45g.jp/",
    "https://my_app.example.co.in/",
    "https://8.8.8.8/",
    "https://[2606:4700::1111]/",
    "https://10.example.com/",
    "https://localhost.example.com/",
  ])("may be %j", (url) => {
    expect(receiverUrlRefusal(url, STRICT)).toBeNull();
  });

  it("does not give its text away in the refusal", () => {
    expect(receiverUrlRefusal("https://user:geheim@10.0.0.1/token", STRICT)).not.toMatch(/geheim|token/);
  });
});

describe("where loopback is allowed", () => {
  it.each([
    "http://127.0.0.1:9000/hook",
    "http://127.0.0.1/",
    "https://127.0.0.1:8443/",
    "https://example.com/",
  ])("%j passes", (url) => {
    expect(receiverUrlRefusal(url, LOCAL)).toBeNull();
  });

  it.each([
    "http://example.com/",
    "http://localhost:9000/",
    "http://127.0.0.2/",
    "http://127.1/",
    "http://[::1]:9000/",
    "http://user@127.0.0.1/",
    "http://10.0.0.1/",
    "https://10.0.0.1/",
    "http://169.254.169.254/",
    "http://127.0.0.1.example.com/",
  ])("%j is refused all the same", (url) => {
    expect(receiverUrlRefusal(url, LOCAL)).toEqual(expect.any(String));
  });
});
