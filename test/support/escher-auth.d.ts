/** What the tests use of `escher-auth`, which brings no types. */
declare module "escher-auth" {
	interface Options {
		readonly vendorKey: string;
		readonly algoPrefix: string;
		readonly hashAlgo: "SHA256" | "SHA512";
		readonly credentialScope: string;
		readonly authHeaderName: string;
		readonly dateHeaderName: string;
		readonly accessKeyId: string;
		readonly apiSecret: string;
	}

	/** Signs as its options say. */
	class Escher {
		constructor(options: Options);
		/** Adds the header that signs the request, of which the body is not a part. */
		signRequest(
			request: { readonly method: string; readonly url: string; readonly headers: [string, string][] },
			body: string,
			headersToSign: readonly string[],
		): void;
		preSignUrl(url: string, expiresSeconds: number): string;
	}
	export = Escher;
}
