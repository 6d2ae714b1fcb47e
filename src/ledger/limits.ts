/** An append this long after its claims is too late: they may soon be another's. */
export const leaseMs = 30_000;

/** A claim without an event is abandoned after this; the difference to the lease is what clocks may differ by. */
export const abandonedMs = 60_000;

/** More in one event is a mistake, and 9,000 of them still sum to an exact integer. */
export const pointsMax = 1_000_000_000_000;
