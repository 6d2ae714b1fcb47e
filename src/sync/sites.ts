import type { Clock } from "../model/clock.ts";

/** How many requests may be under way: altogether, to one site, and to these sites. */
interface Places {
	readonly all: number;
	readonly site: number;
	readonly of?: Readonly<Record<string, number>>;
}

/**
 * What is known of the sites that are asked: how much each may be asked for now, and which are better left alone, because they
 * say so or because they do not answer. Whoever hangs is so nobody's trouble but its own: it is left alone, and then tried by
 * one request, and longer each time.
 */
export interface Sites {
	/** The places, without those at sites that are to be left alone. */
	within(places: Places): Places;
	/** When a site may be asked again that is to be left alone now, Unix milliseconds; null where none is. */
	openAt(): number | null;
	/** A request to it begins. `perSecond` is how many may. */
	spend(site: string, perSecond: number): void;
	/** It was not made after all. */
	giveBack(site: string): void;
	/** It was made, and answered as it should be. */
	answered(site: string): void;
	/** It was made in vain. `waitMs` is what the site asked for. Broken where it is left alone from now on because it failed again and again. */
	failed(site: string, waitMs: number): "broken" | "tried";
}

export interface SitesParts {
	readonly clock: Clock;
	/** How long to leave alone what has failed so often before. */
	pauseMs(failures: number): number;
}

/** One after the other: a single one may be bad luck. */
const brokenAfter = 5;

/** It is tried again at least every five minutes, so that nobody waits long once it is mended. */
const restMsMax = 300_000;

interface Site {
	perSecond: number;
	/** How many requests may begin now; what is not used in a second is lost. */
	left: number;
	filledAt: number;
	/** One after the other. */
	failures: number;
	restsUntil: number;
	/** What has begun and not ended. */
	underWay: number;
}

export function openSites({ clock, pauseMs }: SitesParts): Sites {
	const sites = new Map<string, Site>();

	/** When it may be asked, Unix milliseconds. */
	const freeAt = (site: Site): number => {
		const waitMs = Math.max(0, Math.ceil(((1 - site.left) / site.perSecond) * 1_000));
		return Math.max(site.restsUntil, site.filledAt + waitMs);
	};

	/** Fills up what has come since. A site about which there is nothing to remember is forgotten. */
	function refill(now: number): void {
		for (const [name, site] of sites) {
			const most = Math.max(1, site.perSecond);
			const seconds = Math.max(0, now - site.filledAt) / 1_000;
			site.left = Math.min(most, site.left + seconds * site.perSecond);
			site.filledAt = now;
			const isIdle = site.left === most && site.underWay === 0 && site.restsUntil <= now;
			if (isIdle && site.failures === 0) sites.delete(name);
		}
	}

	return {
		within: (places) => {
			const now = clock();
			refill(now);
			const of = [...sites].map(([name, site]): [string, number] => {
				if (freeAt(site) > now) return [name, 0];
				return [name, site.failures >= brokenAfter ? 1 : places.site];
			});
			return { ...places, of: Object.fromEntries(of) };
		},
		openAt: () => {
			const now = clock();
			const times = [...sites.values()].map(freeAt).filter((at) => at > now);
			return times.length === 0 ? null : Math.min(...times);
		},
		spend: (name, perSecond) => {
			const now = clock();
			const fresh = { left: Math.max(1, perSecond), filledAt: now, failures: 0, restsUntil: 0, underWay: 0 };
			const site = sites.get(name) ?? { perSecond, ...fresh };
			site.perSecond = perSecond;
			site.left -= 1;
			site.underWay += 1;
			sites.set(name, site);
		},
		giveBack: (name) => {
			const site = sites.get(name);
			if (site === undefined) return;
			site.left += 1;
			site.underWay -= 1;
		},
		answered: (name) => {
			const site = sites.get(name);
			if (site === undefined) return;
			site.failures = 0;
			site.underWay -= 1;
		},
		failed: (name, waitMs) => {
			const site = sites.get(name);
			if (site === undefined) return "tried";
			site.failures += 1;
			site.underWay -= 1;
			const isBroken = site.failures >= brokenAfter;
			const restMs = isBroken ? Math.min(pauseMs(site.failures - brokenAfter), restMsMax) : 0;
			site.restsUntil = Math.max(site.restsUntil, clock() + Math.max(restMs, waitMs));
			return site.failures === brokenAfter ? "broken" : "tried";
		},
	};
}
