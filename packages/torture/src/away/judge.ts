/** What `system check` must say of something that was taken away. Pure. */
import type { Owned } from './compare.ts';
import type { Finding } from './findings.ts';
import type { Made } from './scenario.ts';

/** What `system check` prints for one difference. */
export interface Told {
  readonly kind: string;
  readonly name: string;
  readonly message: string;
}

export interface Case {
  readonly owned: Owned;
  /** Those whose entries have changed with it. */
  readonly touched: readonly string[];
  readonly made: readonly Made[];
}

/** What is wrong with what was told, or nothing. */
export function judge(told: readonly Told[], one: Case): Omit<Finding, 'what'> | undefined {
  const { entry, owner } = one.owned;
  if (told.length === 0) return { kind: 'unnoticed', text: 'system check is silent' };
  const concerned = [owner, ...one.touched].flatMap((name) => withNetworks(name, one.made));
  const isRule = /^(table|chain|rule|set|map|element) /.test(entry.key);
  const names = told.some(
    ({ kind, name, message }) =>
      concerned.includes(name) ||
      concerned.some((other) => message.includes(`'${other}'`)) ||
      (isRule && kind === 'firewall'),
  );
  const shown = told.map(({ kind, name, message }) => `${kind} ${name}: ${message}`).join('\n');
  if (!names)
    return {
      kind: 'wrong name',
      text: `neither the container nor the network concerned is named:\n${shown}`,
    };
  const others = one.made.map(({ name }) => name).filter((name) => !concerned.includes(name));
  const blamed = told.filter(({ name }) => others.includes(name));
  if (blamed.length === 0) return undefined;
  return { kind: 'wrong name', text: `not of ${blamed.map(({ name }) => name).join()}:\n${shown}` };
}

function withNetworks(name: string, made: readonly Made[]): readonly string[] {
  return [name, ...(made.find((one) => one.name === name)?.networks ?? [])];
}
