import { describe, expect, it } from "vitest";
import { isLoopback, isWithin, type Network, networkOf } from "./networks.ts";
import { invariant } from "./result.ts";

const networks = (...texts: readonly string[]): readonly Network[] =>
	texts.map((text) => {
		const network = networkOf(text);
		invariant(network.ok, "these are networks");
		return network.value;
	});

describe("a network", () => {
	it.each([
		["192.168.1.2", "192.168.1.2", true],
		["192.168.1.2", "192.168.1.3", false],
		["192.168.0.3/24", "192.168.0.255", true],
		["192.168.0.3/24", "192.168.1.0", false],
		["10.0.0.0/31", "10.0.0.1", true],
		["10.0.0.0/31", "10.0.0.2", false],
		["0.0.0.0/0", "203.0.113.9", true],
		["2001:db8::/32", "2001:db8:ffff::1", true],
		["2001:db8::/32", "2001:db9::1", false],
		["2001:db8::1", "2001:DB8:0:0:0:0:0:1", true],
		["192.0.2.0/24", "::ffff:192.0.2.7", true],
		["192.0.2.0/24", "::ffff:c000:207", true],
		["::ffff:192.0.2.7", "192.0.2.7", true],
		["::/0", "192.0.2.7", false],
		["0.0.0.0/0", "2001:db8::1", false],
		["192.0.2.7", "not an address", false],
	])("%s and the address %s: %s", (network, ip, within) => {
		expect(isWithin(networks(network), ip)).toBe(within);
	});

	it("may be one of several", () => {
		expect(isWithin(networks("192.0.2.0/24", "2001:db8::/32"), "2001:db8::5")).toBe(true);
		expect(isWithin([], "192.0.2.7")).toBe(false);
	});

	it.each([
		"",
		"192.0.2",
		"010.0.0.1",
		"192.0.2.256",
		"192.0.2.0/33",
		"192.0.2.0/",
		"192.0.2.0/-1",
		"192.0.2.0/2 ",
		"192.0.2.0/24/24",
		"2001:db8::/129",
		"example.com",
		"*",
	])("is not %j", (text) => {
		expect(networkOf(text)).toEqual({ ok: false, failure: expect.stringContaining(`"${text}"`) });
	});
});

describe("this very machine", () => {
	it.each(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])("is %s", (ip) => {
		expect(isLoopback(ip)).toBe(true);
	});

	it.each(["128.0.0.1", "10.0.0.1", "::2", "localhost", ""])("is not %j", (ip) => {
		expect(isLoopback(ip)).toBe(false);
	});
});
