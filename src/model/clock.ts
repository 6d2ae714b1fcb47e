/** Unix milliseconds. Time comes in as an argument, so that a test can choose it. */
export type Clock = () => number;
