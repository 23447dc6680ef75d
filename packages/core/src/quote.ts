/** The maximum length of foreign text in a message, in characters. */
const LIMIT = 60;

/** Foreign text for messages: in double quotes, truncated, and without terminal control characters. */
export function quote(text: string): string {
  const shown = text.length > LIMIT ? `${text.slice(0, LIMIT)}…` : text;
  return `"${shown.replace(unprintable(), byCodePoint)}"`;
}

function byCodePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The reason of any thrown value, even of values whose members throw. */
export function reasonOf(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return typeof text === 'string' && text.trim() !== '' ? text : 'no reason was given';
  } catch {
    // The value is hostile; nothing more can be learnt from it.
    return 'the thrown value cannot be shown';
  }
}

/** Characters that move the cursor, hide text or change its direction on a terminal. Made here: it takes half a millisecond. */
function unprintable(): RegExp {
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
}
