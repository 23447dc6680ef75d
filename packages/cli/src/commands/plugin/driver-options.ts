import { KleenetError } from '@kleenet/core/errors';

/** `KEY=VALUE` each. @throws KleenetError INVALID_ARGUMENT */
export function parseOptions(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key !== undefined && value !== undefined) return [key, value];
      throw new KleenetError('INVALID_ARGUMENT', `${JSON.stringify(text)} is not a driver option`, {
        hint: 'write it as KEY=VALUE',
      });
    }),
  );
}
