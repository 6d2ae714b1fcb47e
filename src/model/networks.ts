import ipaddr from "ipaddr.js";
import { bad, good, type Result } from "./result.ts";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address and how many of its bits count. */
export type Network = readonly [Address, number];

/** `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`; bits of the host are left out of account, as `192.0.2.3/24` shows. */
export function networkOf(text: string): Result<Network, string> {
	const [address = "", bits, ...more] = text.split("/");
	const parsed = addressOf(address);
	if (parsed === undefined || more.length > 0)
		return bad(`"${text}" is no address or network such as 192.0.2.7 or 2001:db8::/32`);
	const most = parsed.kind() === "ipv4" ? 32 : 128;
	if (bits === undefined) return good([parsed, most]);
	return /^[0-9]{1,3}$/.test(bits) && Number(bits) <= most
		? good([parsed, Number(bits)])
		: bad(`"${text}" needs a number from 0 to ${most} after its slash`);
}

/** An address that came over IPv6 as `::ffff:192.0.2.7` is the IPv4 address that it stands for. */
export function isWithin(networks: readonly Network[], ip: string): boolean {
	const address = addressOf(ip);
	if (address === undefined) return false;
	return networks.some(
		([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
	);
}

export const isAddress = (text: string): boolean => addressOf(text) !== undefined;

/** Of this very machine. */
export const isLoopback = (ip: string): boolean => addressOf(ip)?.range() === "loopback";

/** IPv4 in four decimal parts only: `010.0.0.1` and `10.1` mean different things to different programs. */
function addressOf(text: string): Address | undefined {
	if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
	if (!ipaddr.IPv6.isValid(text)) return undefined;
	const address = ipaddr.IPv6.parse(text);
	return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}
