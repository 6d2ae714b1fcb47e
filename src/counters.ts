/** Counts by name and labels, since the process began; `/metrics` prints them. */
export interface Counters {
	add(name: string, labels?: Readonly<Record<string, string>>): void;
	/** Prometheus text exposition format 0.0.4. */
	print(): string;
}

export function openCounters(): Counters {
	const counts = new Map<string, number>();
	return {
		add: (name, labels = {}) => {
			const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
			const series = pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
			counts.set(series, (counts.get(series) ?? 0) + 1);
		},
		print: () => [...counts].map(([series, count]) => `${series} ${count}\n`).join(""),
	};
}
