/** Names that mean one thing. */
export interface Synonyms {
	/** The word that the catalogue uses; two words where the names say two things. */
	readonly means: string;
	/** The nearest first: of two fields that could be meant, the one whose name stands earlier is taken. */
	readonly names: readonly string[];
	/** The connector from whose messages one knows it; absent where many systems speak so. */
	readonly learntFrom?: string;
}

/**
 * What fields are called in commerce and CRM: the words of shops (schema.org, Shopify, GA4's e-commerce) and of
 * address books. Names are in words, singular and lower-case; a name of several words goes before its single words.
 * A word may stand in one group only.
 */
export const commonSynonyms: readonly Synonyms[] = [
	// What can be bought, and how it is told apart.
	{ means: "order", names: ["order", "transaction", "purchase", "sale", "invoice", "receipt"] },
	{
		means: "product",
		names: [
			"product",
			"item",
			"article",
			"line item",
			"order item",
			"order line",
			"ordered item",
			"cart item",
			"line",
			"goods",
		],
	},
	{ means: "sku", names: ["sku", "stock keeping unit", "stock number", "part number"] },
	{
		means: "category",
		names: ["category", "product category", "item category", "product type", "department", "collection"],
	},
	{
		means: "id",
		names: [
			"id",
			"identifier",
			"number",
			"no",
			"nr",
			"key",
			"code",
			"reference",
			"ref",
			"uuid",
			"guid",
			"gid",
		],
	},
	{ means: "name", names: ["name", "title", "label"] },
	{ means: "url", names: ["url", "link", "href", "permalink", "uri"] },

	// Money and amounts.
	{
		means: "total",
		names: [
			"total",
			"grand total",
			"order total",
			"total price",
			"total amount",
			"total value",
			"total paid",
			"revenue",
			"amount",
			"value",
			"sum",
		],
	},
	{ means: "subtotal", names: ["subtotal", "sub total", "line total", "line price", "line amount"] },
	{ means: "price", names: ["price", "unit price", "item price", "unit amount", "price per unit"] },
	{ means: "quantity", names: ["quantity", "qty", "order quantity", "count", "unit", "piece"] },
	{ means: "currency", names: ["currency", "currency code", "price currency", "iso currency"] },
	{ means: "discount", names: ["discount", "total discount", "rebate", "price reduction"] },
	{ means: "shipping", names: ["shipping", "shipping cost", "delivery cost", "freight", "postage"] },
	{
		means: "coupon",
		names: [
			"coupon",
			"coupon code",
			"promo code",
			"promotion code",
			"discount code",
			"voucher",
			"voucher code",
		],
	},
	{ means: "burned", names: ["burned", "redeemed", "spent", "used"] },
	{ means: "rewarded", names: ["rewarded", "earned", "awarded"] },

	// Where and through what.
	{ means: "store", names: ["store", "shop", "branch", "outlet", "affiliation"] },
	{ means: "channel", names: ["channel", "sale channel", "source name"] },
	{ means: "source", names: ["source", "src", "utm source", "origin"] },
	{ means: "referrer", names: ["referrer", "referer", "referring site"] },

	// People.
	{
		means: "customer",
		names: [
			"customer",
			"user",
			"member",
			"contact",
			"buyer",
			"shopper",
			"person",
			"subscriber",
			"client",
			"loyalty",
		],
	},
	{ means: "anonymous", names: ["anonymous", "visitor", "device", "cookie", "pseudo", "guest"] },
	{ means: "anonymous id", names: ["client id", "user pseudo id"] },
	{ means: "email", names: ["email", "email address", "e mail", "e mail address", "mail"] },
	{ means: "phone", names: ["phone", "phone number", "telephone", "telephone number", "tel"] },
	{ means: "mobile", names: ["mobile", "mobile phone", "mobile number", "cell", "cell phone", "cellphone"] },
	{ means: "first name", names: ["first name", "given name", "forename"] },
	{ means: "last name", names: ["last name", "family name", "surname"] },
	{ means: "birth", names: ["birth date", "birthday", "date of birth", "dob"] },
	{ means: "gender", names: ["gender", "sex"] },
	{ means: "language", names: ["language", "locale", "lang"] },
	{ means: "handler", names: ["handler", "handle", "username", "user name", "nickname", "screen name"] },
	{ means: "company", names: ["company", "company name", "organisation", "organization", "employer"] },
	{
		means: "street",
		names: ["street", "street address", "address line 1", "address 1", "street line 1", "line 1"],
	},
	{ means: "city", names: ["city", "town", "locality"] },
	{ means: "state", names: ["state", "province", "region", "county"] },
	{ means: "postal", names: ["postal code", "postcode", "post code", "zip", "zip code"] },
	{ means: "country", names: ["country", "country code"] },

	// What was said and when.
	{ means: "review", names: ["review", "comment", "feedback"] },
	{ means: "rating", names: ["rating", "rating value", "star", "score"] },
	{ means: "reason", names: ["reason", "cause"] },
	{ means: "refund", names: ["refund", "credit note", "return"] },
	{
		means: "time",
		names: [
			"timestamp",
			"occurred at",
			"occurred on",
			"happened at",
			"event time",
			"event timestamp",
			"event date",
			"order date",
			"ordered at",
			"purchase date",
			"transaction date",
			"processed at",
			"created at",
			"date created",
			"created",
			"time",
			"date",
			"at",
			"ts",
		],
	},

	// What Segment's specification alone calls so.
	{ means: "account", names: ["account", "group"], learntFrom: "segment" },
];

/** Objects that only hold, and say nothing of what they hold: `data.email` is `email`. */
export const holders: readonly { readonly names: readonly string[]; readonly learntFrom?: string }[] = [
	{
		names: [
			"data",
			"payload",
			"body",
			"object",
			"resource",
			"record",
			"message",
			"event",
			"detail",
			"params",
		],
	},
	{ names: ["property", "attribute", "field", "param", "parameter", "ecommerce", "address", "profile"] },
	{ names: ["context", "trait"], learntFrom: "segment" },
];

/** Words that add little, by the type of the value: `trial_plan_name` is a plan, `discount_total` a discount. */
export const fillers: Readonly<Record<"text" | "number" | "any", ReadonlySet<string>>> = {
	text: new Set(["name", "code", "body", "text", "content"]),
	number: new Set(["total"]),
	any: new Set(["external", "source", "id"]),
};

/** Somebody else than the customer, whose data are not theirs. */
export const strangers: ReadonlySet<string> = new Set([
	...[
		"friend",
		"recipient",
		"invitee",
		"referee",
		"referral",
		"gift",
		"seller",
		"vendor",
		"merchant",
		"supplier",
	],
	...["support", "staff", "employee", "agent", "owner", "sender", "company", "store"],
]);

/** What an action is about where its name does not say so. */
export const subjects: Readonly<Record<string, string>> = {
	checkout: "order",
	refund: "order",
	profile: "customer",
	opt: "customer",
};
