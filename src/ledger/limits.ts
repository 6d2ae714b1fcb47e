/** An append this long after its claims is too late: they may soon be another's. */
export const leaseMs = 30_000;

/** A claim without an event is abandoned after this; the difference to the lease is what clocks may differ by. */
export const abandonedMs = 60_000;

/** More in one event is a mistake, and 9,000 of them still sum to an exact integer. */
export const pointsMax = 1_000_000_000_000;

/** So many lines of an order fit into a message of an endpoint. Each is an event, numbered in four hex digits of its key. */
export const itemsMax = 1_000;

/** Who has begun a merge or an erasure and not ended it in this time has died, and somebody else takes it up. */
export const errandMs = 60_000;

/** Who has died in the middle of it does not come back after this: others may begin something with the customer. */
export const lockAbandonedMs = 600_000;

/** Who has something overdue that the program of today can not settle is looked at again after this: another program may. */
export const lookAgainMs = 30 * 86_400_000;
