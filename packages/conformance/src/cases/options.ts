/** What `--driver-opt` takes: the options of endpoints, and those of networks. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import type { OptionDescription } from '@kleenet/core/driver';
import type { Candidate } from '../candidate.ts';
import type { CaseDefinition } from '../definition.ts';
import { outcomeOf } from '../thrown.ts';

/** User input, and worse. */
const TEXTS = ['', '0', '-1', '🙂', 'x'.repeat(1000)];

/** Values of options as many drivers have them. */
const VALUES = [
  '0',
  '1',
  '100',
  '1500',
  '1.5',
  'a',
  'on',
  'yes',
  'true',
  'auto',
  '10.0.0.1',
  'fd00::1',
];

const BLANKS = ['', ' ', '\t', '\n', '\u0000'];

/** What a check that is too loose makes of a value: `Number` passes over white space, `$` with a flag over a line's end. */
function spoilt(value: string): readonly string[] {
  return [
    ` ${value}`,
    `${value} `,
    `${value}\n`,
    `${value}\n${value}`,
    `\t${value}`,
    `${value}\u0000`,
    `${value}\u001b[31m`,
  ];
}

/** The options of one kind of object, and the rules about them by name. */
export interface OptionKind {
  readonly described: string;
  readonly same: string;
  readonly careful: string;
  readonly own: string;
  readonly of: (candidate: Candidate) => {
    readonly known: Readonly<Record<string, OptionDescription>>;
    /** Those that the objects of the cases have. */
    readonly given: Readonly<Record<string, string>>;
  };
}

export function optionCases(
  group: CaseDefinition['group'],
  needs: CaseDefinition['needs'],
  kind: OptionKind,
): readonly CaseDefinition[] {
  const { described, same, careful, own, of } = kind;
  return [
    {
      name: described,
      group,
      needs,
      async run(candidate) {
        for (const [name, option] of Object.entries(of(candidate).known)) {
          match(name, /^[a-z][a-z0-9-]*$/, `${name} is not a name for an option`);
          ok(option.description.length > 0, `the option ${name} has no description`);
          for (const text of TEXTS) checkAnswer(name, option.check(text));
        }
      },
    },
    {
      name: same,
      group,
      needs,
      async run(candidate) {
        for (const [name, option] of Object.entries(of(candidate).known)) {
          for (const text of TEXTS) {
            const ask = (): unknown => outcomeOf(() => option.check(text));
            deepEqual(ask(), ask(), `${name}=${text}`);
          }
        }
      },
    },
    {
      name: careful,
      group,
      needs,
      async run(candidate) {
        const { known, given } = of(candidate);
        for (const [name, option] of Object.entries(known)) {
          const accepts = (text: string): boolean => {
            const outcome = outcomeOf(() => option.check(text));
            return 'answer' in outcome && outcome.answer === undefined;
          };
          const valid = [...VALUES, given[name] ?? ''].filter(accepts);
          const careless = [...BLANKS, ...valid.flatMap(spoilt)].filter(accepts);
          deepEqual(careless, [], `${name} accepts them`);
        }
      },
    },
    {
      name: own,
      group,
      needs,
      async run(candidate) {
        const { known, given } = of(candidate);
        for (const [name, value] of Object.entries(given)) {
          const option = Object.hasOwn(known, name) ? known[name] : undefined;
          ok(option !== undefined, `it knows no option ${name}`);
          equal(option.check(value), undefined, `${name}=${value} is refused`);
        }
      },
    },
  ];
}

function checkAnswer(name: string, answer: unknown): void {
  const sentence = typeof answer === 'string' && answer.length > 0;
  ok(answer === undefined || sentence, `the check of ${name} answers neither undefined nor a text`);
}
