/** Foreign text without terminal control characters. */
export function printable(text: string, options: { readonly keepLines?: boolean } = {}): string {
  return text.replace(unprintable(), (character) =>
    options.keepLines === true && character === '\n' ? character : byCodePoint(character),
  );
}

function byCodePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Characters that move the cursor, hide text or change its direction on a terminal. Made here: it takes half a millisecond. */
function unprintable(): RegExp {
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
}
