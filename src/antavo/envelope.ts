import type { EventOutcome } from "../model/outcome.ts";

/** What the API answers where it does not do what was asked: a status, and what Antavo's envelope says. */
export interface ApiError {
	readonly status: ErrorStatus;
	/** The name of Antavo's exception. */
	readonly type: string;
	/** Antavo's; 0 where it has none. */
	readonly code: number;
	readonly message: string;
}

type ErrorStatus = keyof typeof exceptions;

/** Antavo's exceptions by status; 409, 413, 415, 500 and 503 are not among its own, and are named like the others. */
const exceptions = {
	400: "BadRequestException",
	401: "UnauthorizedException",
	403: "ForbiddenException",
	404: "NotFoundException",
	409: "ConflictException",
	413: "PayloadTooLargeException",
	415: "UnsupportedMediaTypeException",
	422: "UnprocessableEntityException",
	429: "TooManyRequestsException",
	500: "InternalErrorException",
	503: "ServiceUnavailableException",
} as const;

export const apiError = (status: ErrorStatus, message: string, code = 0): ApiError => ({
	status,
	type: exceptions[status],
	code,
	message,
});

/** The body of such an answer. */
export const envelopeOf = ({ type, code, message }: Omit<ApiError, "status">) => ({
	error: { type, code, message },
});

/** Antavo documents 404, code 0, for what is missing in an event. */
export const missing = (property: string): ApiError =>
	apiError(404, `Property "${property}" cannot be empty`);

export const customerNotFound: ApiError = apiError(404, "Customer not found", 160212);

export const busy: ApiError = apiError(
	503,
	"another call about the same is under way; send this one again in a moment",
);

/** Codes with another exception than their status has. */
const exceptionsOfCodes: ReadonlyMap<number, string> = new Map([
	[112101, "RuntimeException"],
	[127201, "InterruptException"],
]);

/** Messages of code 0 that Antavo documents under 404. */
const notFoundMessages = /^Property "[^"]*" cannot be empty$|^Transaction not found$/;

type Failed = Extract<
	EventOutcome,
	{ readonly kind: "not_a_member" | "suppressed" | "refused" | "conflict" | "failed" }
>;

const failed: ReadonlySet<string> = new Set<Failed["kind"]>([
	"not_a_member",
	"suppressed",
	"refused",
	"conflict",
	"failed",
]);

export const isFailed = (outcome: { readonly kind: string }): outcome is Failed => failed.has(outcome.kind);

/** What a caller is told of an event that was not recorded. */
export function errorOfOutcome(outcome: Failed): ApiError {
	switch (outcome.kind) {
		case "not_a_member":
		// Antavo keeps nothing by which it could know who has opted out.
		case "suppressed":
			return customerNotFound;
		case "refused":
			return refusal(outcome.code, outcome.reason);
		case "conflict":
			return outcome.code === undefined
				? apiError(409, outcome.reason)
				: refusal(outcome.code, outcome.reason);
		case "failed":
			return apiError(400, outcome.reason);
	}
}

function refusal(code: number, reason: string): ApiError {
	const status = code === 0 && notFoundMessages.test(reason) ? 404 : 400;
	const error = apiError(status, reason, code);
	return { ...error, type: exceptionsOfCodes.get(code) ?? error.type };
}
