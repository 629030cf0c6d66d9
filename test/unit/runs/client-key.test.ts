import { describe, expect, it } from "vitest";
import { clientKeyOf } from "../../../src/domain/runs/client-key.ts";

describe("a client's key", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2::/64"],
    ["2001:db8:1:3::1", "2001:db8:1:3::/64"],
    ["::1", "::/64"],
  ])("for %s is %s", (address, key) => {
    expect(clientKeyOf(address)).toBe(key);
  });

  it.each([
    "",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "010.0.0.1",
    "1.2.3.4.5",
    "300.1.1.1",
    " 1.2.3.4",
    "fe80::1%eth0",
  ])("is null for %j", (address) => {
    expect(clientKeyOf(address)).toBeNull();
  });

  it("is null for what is no address at all", () => {
    for (const address of ["1.2.3.4, 5.6.7.8", "localhost", "1:2", null, undefined])
      expect(clientKeyOf(address)).toBeNull();
  });
});
