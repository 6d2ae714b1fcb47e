import "vitest";

declare module "vitest" {
	interface ProvidedContext {
		/** A stand-in for Salesforce, from outside workerd. */
		readonly salesforce: { readonly url: string; readonly secrets: Record<string, string> };
	}
}
