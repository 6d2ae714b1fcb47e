import type { JsonObject } from "../json.ts";

type Chance = () => number;

/** mulberry32, by Tommy Ettinger (public domain): the same seed gives the same orders. */
function chanceOf(seed: number): Chance {
	let state = seed | 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const kilo = 1_000;

/** Orders as honest shops send them, full of long numbers that are no cards. */
export function honestOrders(count: number, seed: number): readonly JsonObject[] {
	const chance = chanceOf(seed);
	const whole = (below: number): number => Math.floor(chance() * below);
	const textOf = (characters: string, length: number): string => {
		let text = "";
		while (text.length < length) text += characters[whole(characters.length)];
		return text;
	};
	const digits = (length: number): string => textOf("0123456789", length);
	const number = (length: number): string => `${1 + whole(9)}${digits(length - 1)}`;
	const oneOf = <Item>(items: readonly Item[]): Item => items[whole(items.length)] as Item;
	const hex = (length: number): string => textOf("0123456789abcdef", length);
	const uuid = (): string =>
		`${hex(8)}-${hex(4)}-4${hex(3)}-${oneOf(["8", "9", "a", "b"])}${hex(3)}-${hex(12)}`;

	/** An article number with its check digit (GS1): of 8, 12, 13 or 14 digits. */
	const article = (length: number): string => {
		const body = number(length - 1);
		const sum = [...body]
			.reverse()
			.reduce((total, digit, place) => total + Number(digit) * (place % 2 === 0 ? 3 : 1), 0);
		return `${body}${(10 - (sum % 10)) % 10}`;
	};
	const ms = (): number => Date.UTC(2015, 0) + whole(20 * 365 * 86_400) * kilo + whole(kilo);
	/** As Twitter and Discord make them: milliseconds since a day of theirs, and 22 bits. */
	const snowflake = (): string =>
		String((BigInt(ms() - Date.UTC(2010, 10, 4)) << 22n) | BigInt(whole(2 ** 22)));
	const salesforce = (length: number): string =>
		oneOf(["001", "003", "00Q", "006", "a0B", "0Q0"]) + textOf(letters, length - 3);
	/** German mobile numbers have eleven digits after the country; 49 151… looks like Visa. */
	const phone = (): string =>
		oneOf([
			`4915${digits(9)}`,
			`491${number(9)}`,
			`447${digits(9)}`,
			`1${number(10)}`,
			`861${digits(10)}`,
			`336${digits(8)}`,
		]);
	const spaced = (text: string): string => `${text.slice(0, 2)} ${text.slice(2, 5)} ${text.slice(5)}`;
	const parcel = (): string =>
		oneOf([
			`1Z${hex(6).toUpperCase()}${digits(10)}`,
			number(12),
			number(14),
			number(15),
			`92${digits(20)}`,
			`RR${digits(9)}DE`,
		]);
	const url = (): string =>
		`https://shop.example.test/products/${number(13 + whole(7))}?variant=${number(14)}&gclid=${hex(20)}`;

	const line = () => ({
		product_id: oneOf([snowflake(), number(14), `SKU-${number(16)}`, uuid()]),
		sku: oneOf([article(13), number(16), `TUFA-${digits(4)}-${digits(5)}-EN`]),
		ean: article(13),
		gtin14: article(14),
		upc: article(12),
		barcode: oneOf([article(8), article(13), number(18)]),
		name: `Green tea, EAN ${article(13)}`,
		article: oneOf([article(8), article(12), article(13), article(14)]),
		price: (whole(10_000) / 100) * 1.1,
		subtotal: String(chance() * kilo),
		quantity: 1 + whole(9),
		image_url: url(),
	});
	const order = (): JsonObject => ({
		messageId: oneOf([uuid(), snowflake(), number(16), `node-next-${ms()}-${uuid()}`]),
		userId: oneOf([salesforce(15), salesforce(18), snowflake(), number(16), "cust-77"]),
		anonymousId: uuid(),
		timestamp: oneOf([ms(), String(ms()), new Date(ms()).toISOString(), ms() * kilo]),
		sentAt: ms(),
		context: {
			ip: "198.51.100.7",
			campaign: { id: number(17), name: `${1 + whole(28)} Nov ${ms()}` },
			page: { path: `/orders/${number(16)}`, search: `?variant=${number(14)}`, url: url(), referrer: url() },
			device: { id: uuid().toUpperCase(), imei: number(15), advertisingId: uuid() },
			location: { latitude: chance() * 180 - 90, longitude: chance() * 360 - 180 },
			traits: {
				phone: phone(),
				mobilePhone: spaced(phone()),
				whatsapp: `+${phone()}`,
				email: `${phone()}@sms.example.test`,
			},
			google: { clientID: `GA1.2.${number(10)}.${Math.floor(ms() / kilo)}` },
		},
		properties: {
			order_id: oneOf([
				number(16),
				snowflake(),
				`${digits(4)}-${digits(4)}-${digits(4)}-${digits(4)}-${digits(4)}`,
			]),
			orderNumber: number(10 + whole(10)),
			checkout_token: hex(32),
			tracking_number: parcel(),
			trackingNumbers: [parcel(), parcel()],
			payment_reference_id: number(16),
			loyalty_card_number: number(16),
			gift_card: number(19),
			order: number(16),
			transaction: snowflake(),
			coupon: oneOf([number(16), "SPRING"]),
			note: `Order ORD-${number(16)} of ${new Date(ms()).toISOString()}, ref. ${uuid()}; call +${spaced(phone())}.`,
			opened: ms(),
			opened_us: ms() * kilo + whole(kilo),
			opened_text: `${ms()}`,
			total: chance() * kilo,
			tax: (chance() * kilo).toFixed(16),
			sizes: "36 37 38 39 40 41 42 43",
			products: Array.from({ length: 1 + whole(5) }, line),
		},
	});
	return Array.from({ length: count }, order);
}
