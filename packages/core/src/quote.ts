/** How much of a foreign text a message shows, in characters. */
const LIMIT = 60;

/** Everything that moves the cursor, hides text or changes its direction on a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A text from outside as messages show it: in double quotes, cut when long, and nothing in it that a terminal obeys. */
export function quote(text: string): string {
  const shown = text.length > LIMIT ? `${text.slice(0, LIMIT)}…` : text;
  return `"${shown.replace(UNPRINTABLE, byCodePoint)}"`;
}

function byCodePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
