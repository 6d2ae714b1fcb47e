/** A text as a regular expression that finds just this text. */
export const quoted = (text: string): string => text.replace(/[\\^$.|+*?()[\]{}]/g, "\\$&");
