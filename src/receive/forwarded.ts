import { isAddress, isWithin, type Network } from "../model/networks.ts";

/**
 * Who sent a request that may have come through proxies: the last address in `X-Forwarded-For` that is none of them. What stands
 * before it anybody may have written; nothing of it counts where the connection itself is not a proxy's.
 */
export function senderOf(
	peer: string | undefined,
	forwardedFor: string | undefined,
	proxies: readonly Network[],
): string | undefined {
	if (peer === undefined || !isWithin(proxies, peer)) return peer;
	const hops = (forwardedFor ?? "").split(",").map((hop) => hop.trim());
	const sender = hops.findLast((hop) => hop !== "" && !isWithin(proxies, hop));
	return sender !== undefined && isAddress(sender) ? sender : peer;
}
