/** What a FreeBSD 13.2 host answered, as recorded. */
import type { Argv, CommandResult } from '@kleenet/core';
import { readTranscripts } from '../../../freebsd-model/test/support/transcripts.ts';

export interface HostRecord {
  readonly section: string;
  /** As it was typed. */
  readonly command: string;
  readonly result: CommandResult;
}

/** All records, in the order in which they were made. */
export function hostRecords(): readonly HostRecord[] {
  return readTranscripts().map(({ section, command, exit_code: status, stdout, stderr }) => {
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
