import { expect, it } from "vitest";
import { networkOf } from "../model/networks.ts";
import { senderOf } from "./forwarded.ts";

const proxies = ["127.0.0.1", "10.0.0.0/8"].map((text) => {
	const network = networkOf(text);
	if (!network.ok) throw new Error(network.failure);
	return network.value;
});

it.each([
	["192.0.2.1", undefined, "192.0.2.1"],
	["192.0.2.1", "198.51.100.7", "192.0.2.1"],
	["127.0.0.1", "198.51.100.7", "198.51.100.7"],
	["::ffff:127.0.0.1", "198.51.100.7", "198.51.100.7"],
	["127.0.0.1", "203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"],
	["127.0.0.1", "203.0.113.9, not an address", "127.0.0.1"],
	["127.0.0.1", "10.1.2.3", "127.0.0.1"],
	["127.0.0.1", undefined, "127.0.0.1"],
	["127.0.0.1", " , ", "127.0.0.1"],
	[undefined, "198.51.100.7", undefined],
])("from %s, forwarded for %s, is %s", (peer, forwardedFor, sender) => {
	expect(senderOf(peer, forwardedFor, proxies)).toBe(sender);
});

it("believes nobody where no proxy is known", () => {
	expect(senderOf("127.0.0.1", "198.51.100.7", [])).toBe("127.0.0.1");
});
