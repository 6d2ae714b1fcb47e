import { expect, it } from "vitest";
import { longDate, requestTime, shortDate } from "./date.ts";

const noon = Date.UTC(2018, 11, 7, 9, 30);

it.each([
	"20181207T093000Z",
	"Fri, 07 Dec 2018 09:30:00 GMT",
	"2018-12-07T09:30:00+00:00",
	"2018-12-07T09:30:00Z",
	"2018-12-07T10:30:00+01:00",
	"2018-12-07T00:00:00-09:30",
])("reads %s", (text) => {
	expect(requestTime(text)).toBe(noon);
});

it.each([
	"20180230T093000Z",
	"20181207T240000Z",
	"20181207T093060Z",
	"Fri, 31 Nov 2018 09:30:00 GMT",
	"Fri, 07 Foo 2018 09:30:00 GMT",
	"Fri, 07 Dec 2018 09:30:00 CET",
	"2018-13-07T09:30:00Z",
	"2018-12-07T09:30:00",
	" 20181207T093000Z",
	"",
])("does not read %j", (text) => {
	expect(requestTime(text)).toBeUndefined();
});

it("writes Escher's dates", () => {
	expect(longDate(noon + 999)).toBe("20181207T093000Z");
	expect(shortDate(noon)).toBe("20181207");
});
