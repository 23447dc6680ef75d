/** Latin letters and the punctuation of European languages, without control characters: all take one column. */
const NARROW = /^[ -~\u00a0-\u02ff\u2010-\u2027]*$/;

/** Whether a text has only characters that take one column. */
export function isNarrow(text: string): boolean {
  return NARROW.test(text);
}
