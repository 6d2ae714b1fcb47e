import { z } from "zod";

/** What browsers call a page's origin: scheme and host, without a path. Plain http is only for one's own machine. */
export const origin = z
	.string()
	.refine(
		(text) =>
			/^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|$))/.test(text) &&
			URL.parse(text)?.origin === text,
		"is no origin such as https://shop.example.com",
	);
