import assert from 'node:assert/strict';

/** The body of a chain, as written. */
function body(rules: string, name: string): readonly string[] {
  const found = new RegExp(`^\\tchain ${name} \\{\\n((?:\\t\\t.*\\n)*)\\t\\}$`, 'm').exec(
    rules,
  )?.[1];
  assert.ok(found !== undefined, `no chain ${name}`);
  return found
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The rules of a chain, as written. */
export function chain(rules: string, name: string): readonly string[] {
  return body(rules, name).filter((line) => !line.startsWith('type '));
}

/** Where the kernel asks a chain; undefined for one that others lead to. */
export function hookOf(rules: string, name: string): string | undefined {
  return body(rules, name).find((line) => line.startsWith('type '));
}
