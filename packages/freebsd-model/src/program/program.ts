/** A command line on a modelled host that programs share. */
import type { Answer, Machine } from '../machine.ts';
import { DONE, failed } from '../machine.ts';
import { baseName, follow, MODELLED } from '../tasks.ts';
import type { Task } from '../tasks.ts';
import { jidOf, markerFile } from './real-processes.ts';
import { planFor } from './shell-plan.ts';

export interface ProgramRequest {
  readonly statePath: string;
  /** The process that asks: what it has open tells the jail that it is in. */
  readonly pid: number | 'self';
  readonly argv: readonly string[];
  /** Standard input; read only for programs of the model that use it. */
  readonly input: () => string;
  /** The environment that the caller was started with. */
  readonly environment: Readonly<Record<string, string>>;
  /** The directory with the stand-ins for FreeBSD's programs. */
  readonly shims: string;
}

/** The output, and shell text for the caller to exec if there is more to do. */
interface ProgramAnswer extends Answer {
  readonly plan: string;
}

export function runProgram(machine: Machine, request: ProgramRequest): ProgramAnswer {
  const { statePath, pid, argv, shims, environment } = request;
  const words = argv.map((word, index) => (index === 0 ? withoutShims(word, shims) : word));
  const input = words.includes('pfctl') && words.includes('-') ? request.input() : '';
  if (isMissing(machine, words)) return { ...failed(`${words[0]}: not found`, 127), plan: '' };
  const jid = jidOf(statePath, pid);
  const jail = machine.state.jails.find((one) => one.jid === jid);
  const task = follow(machine, { argv: words, input, jail, variables: {}, clean: false });
  if ('status' in task) return { ...task, plan: '' };
  const marker = task.jail === undefined ? undefined : markerFile(statePath, task.jail.jid);
  const { mounts } = machine.state;
  const plan = planFor(withoutOwnShims(task, shims), { environment, shims, marker, mounts });
  return 'refusal' in plan ? { ...failed(plan.refusal), plan: '' } : { ...DONE, plan: plan.text };
}

/** A FreeBSD program that this host lacks. */
function isMissing({ state }: Machine, [program = '']: readonly string[]): boolean {
  return state.missing.includes(baseName(program));
}

function withoutShims(word: string, shims: string): string {
  return word.startsWith(`${shims}/`) ? word.slice(shims.length + 1) : word;
}

function withoutOwnShims(task: Task, shims: string): Task {
  const [program = '', ...words] = task.argv;
  return { ...task, argv: [withoutShims(program, shims), ...words] };
}

/** The programs that need a stand-in, so that scripts find the model. env(1) is the same everywhere. */
export const SHIMMED: readonly string[] = MODELLED.filter((name) => name !== 'env');
