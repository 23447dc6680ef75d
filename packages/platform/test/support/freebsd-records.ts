/** What a FreeBSD 13.2 host answered, as recorded. */
import { readFileSync } from 'node:fs';
import type { Argv, CommandResult } from '@kleenet/core';

export interface HostRecord {
  readonly section: string;
  /** As it was typed. */
  readonly command: string;
  readonly result: CommandResult;
}

interface Line {
  readonly section: string;
  readonly command: string;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const FIXTURE = new URL('../fixtures/freebsd-13.2.jsonl', import.meta.url);

/** All records, in the order in which they were made. */
export function hostRecords(): readonly HostRecord[] {
  return readFileSync(FIXTURE, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const record = JSON.parse(line) as Line;
      const { section, command, exit_code: status, stdout, stderr } = record;
      return { section, command, result: { status, stdout, stderr } };
    });
}

/** What the command printed when it was run first. */
export function printed(command: string, section = ''): string {
  const record = hostRecords().find(
    (one) => one.command === command && one.section.startsWith(section),
  );
  if (record === undefined) throw new TypeError(`there is no record of ${command}`);
  return record.result.stdout;
}

/** The words of a command without variables, pipes and lists; of a pipe, those of its last command. */
export function wordsOf(command: string): Argv {
  const last = command.split(/ \| (?=[a-z]+ )/).at(-1) ?? '';
  const words = last.match(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g) ?? [];
  const [program = '', ...others] = words.map((word) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  );
  return [program, ...others];
}
