import { KleenetError } from '../../errors.ts';
import { quote } from '../../quote.ts';

/**
 * Parses `key=value` pairs; a later one of the same key wins.
 * @throws KleenetError INVALID_ARGUMENT for one without a key or without `=`
 */
export function parsePairs(texts: readonly string[], what: string): Record<string, string> {
  const pairs = texts.map((text) => {
    const at = text.indexOf('=');
    if (at > 0) return [text.slice(0, at), text.slice(at + 1)] as const;
    throw new KleenetError('INVALID_ARGUMENT', `${quote(text)} is not a ${what}`, {
      hint: 'write it as KEY=VALUE',
    });
  });
  return Object.fromEntries(pairs);
}

/** Parses `--label` values. @throws KleenetError INVALID_ARGUMENT */
export function parseLabels(texts: readonly string[]): Record<string, string> {
  return parsePairs(texts, 'label');
}
