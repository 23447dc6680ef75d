/** The model of a FreeBSD host answers as the recorded one did: every section, in its order, each on a fresh boot. */
import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { createFreebsdHost } from '../src/index.ts';
import type { FreebsdHost } from '../src/index.ts';
import { MODELLED } from '../src/tasks.ts';
import { buildFreebsdHost } from './support/freebsd-host.ts';
import type { ProgramHost } from './support/freebsd-host.ts';
import { NOT_REPLAYED } from './support/not-replayed.ts';
import type { NotReplayed } from './support/not-replayed.ts';
import { Names, readTranscripts, wordsOf } from './support/transcripts.ts';
import type { Transcript } from './support/transcripts.ts';

const test = suite('recorded FreeBSD host');

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Jails of the recorded host had their root here. */
const ROOT = '/jails/base';

/** What else the recorded host had. */
const DIRECTORIES = [ROOT, `${ROOT}/dev`, '/mnt', '/bin'];

/** The pf.conf of the later sections, in which pf was on from the beginning. */
const PF_CONF = `nat-anchor "klee/*"
rdr-anchor "klee/*"
anchor "klee/*"
pass quick on lo0
pass
`;

/** The host of a section, as its boot left it. Those of the first day had all modules in the kernel. */
function hostOf(section: string): FreebsdHost {
  const exists = (path: string): boolean => DIRECTORIES.includes(path);
  if (Number.parseInt(section, 10) < 10)
    return createFreebsdHost({ interfaces: [], pf: 'disabled', exists });
  const host = createFreebsdHost({
    release: section.startsWith('14.') ? '15.1-RELEASE-p1' : '13.2-RELEASE',
    interfaces: [],
    pf: 'disabled',
    modules: ['pf'],
    exists,
  });
  host.state.files['/etc/pf.conf'] = PF_CONF;
  for (const words of ['-f /etc/pf.conf', '-e']) host.run(['pfctl', ...words.split(' ')]);
  return host;
}

class Replay {
  readonly #host: FreebsdHost;
  readonly #recorded = new Names();
  readonly #modelled = new Names();
  /** For what takes a shell. */
  readonly #programs: ProgramHost;

  constructor(programs: ProgramHost, section: string) {
    this.#programs = programs;
    this.#host = hostOf(section);
    for (const path of DIRECTORIES) this.#host.state.files[path] = '';
    // Something loaded this anchor while that host was made ready, and was not recorded.
    if (section.startsWith('7.')) this.#host.run(['pfctl', '-a', 'klee/x', '-f', '-'], 'pass\n');
  }

  async play(record: Transcript): Promise<'replayed' | NotReplayed> {
    const reason = NOT_REPLAYED.find(
      ({ command, section = '' }) =>
        command.test(record.command) && record.section.startsWith(section),
    );
    await this.#host.clock.sleep(20);
    if (reason !== undefined) {
      await this.#leave(reason);
      return reason;
    }
    if (isPoll(record)) await this.#poll(record);
    else this.#compare(record, await this.#answer(record.command));
    return 'replayed';
  }

  async #answer(command: string): Promise<Answer> {
    const words = wordsOf(command);
    if (words === undefined || !isModelled(words)) return this.#inShell(command);
    return this.#host.run(words);
  }

  #compare({ section, command, ...recorded }: Transcript, answer: Answer): void {
    const expected = shown(command, { ...recorded, status: recorded.exit_code }, this.#recorded);
    const actual = shown(command, answer, this.#modelled);
    assert.equal(actual, expected, `[${section}] ${command}`);
  }

  /** Runs the text by a real shell, with the model behind FreeBSD's programs. */
  #inShell(command: string): Promise<Answer> {
    const { directory, shims } = this.#programs;
    return this.#handOver(() => {
      const text = command.replaceAll('/tmp/', `${directory}/tmp/`);
      const ran = spawnSync('sh', ['-c', text], {
        cwd: '/',
        encoding: 'utf8',
        env: { PATH: `${shims}:/sbin:/bin:/usr/sbin:/usr/bin` },
      });
      const restore = (output: string): string => output.replaceAll(`${directory}/tmp/`, '/tmp/');
      return { status: ran.status, stdout: restore(ran.stdout), stderr: restore(ran.stderr) };
    });
  }

  /** Lets programs work on the state of the host, and takes it back with the files that they made. */
  async #handOver(work: () => Answer): Promise<Answer> {
    const { state, clock } = this.#host;
    const { directory } = this.#programs;
    const ahead = state.clockOffset;
    const offset = clock.now().getTime() - Date.now();
    writeFileSync(join(directory, 'host.json'), JSON.stringify({ ...state, clockOffset: offset }));
    const answer = work();
    const left = await this.#programs.change((machine) => machine.state);
    Object.assign(state, left, { clockOffset: ahead, processes: state.processes });
    for (const one of readdirSync(join(directory, 'tmp'), { withFileTypes: true })) {
      if (!one.isFile()) continue;
      state.files[`/tmp/${one.name}`] = readFileSync(join(directory, 'tmp', one.name), 'utf8');
    }
    return answer;
  }

  async #leave({ left = [], lingering = [], took = 0 }: NotReplayed): Promise<void> {
    for (const jail of lingering) this.#host.linger(jail);
    for (const line of left) {
      const [command = '', input] = line.split(' < ');
      const { status, stderr } = this.#host.run(command.split(' '), `${input ?? ''}\n`);
      assert.equal(status, 0, `${line}: ${stderr}`);
    }
    await this.#host.clock.sleep(took);
  }

  /** What was looked at every five seconds. */
  async #poll(record: Transcript): Promise<void> {
    const asked = /jls [^|]*/.exec(record.command)?.[0].trim() ?? '';
    const lines: string[] = [];
    for (const line of record.stdout.trimEnd().split('\n')) {
      await this.#host.clock.sleep(5000);
      const jails = this.#host.run(asked.split(' ')).stdout.replaceAll('\n', ';');
      const interfaces = this.#host.run(['ifconfig', '-l']).stdout.trimEnd();
      const seconds = line.slice(0, line.indexOf(' '));
      lines.push(
        `${seconds} ${jails}${record.command.includes('ifconfig') ? ` if: ${interfaces}` : ''}`,
      );
    }
    this.#compare(record, { status: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
  }
}

/** An answer without what is left to chance. */
function shown(command: string, { status, stdout, stderr }: Answer, names: Names): string {
  return `${names.hide(hideIds(command, stdout + stderr))}exit status ${status}`;
}

function isPoll({ command }: Transcript): boolean {
  return /^for i in .*; do sleep 5; echo/.test(command);
}

/** Whether the model carries it out itself, in a jail or not. */
function isModelled(words: readonly string[]): boolean {
  const [program = '', ...rest] = words;
  if (program !== 'jexec') return program !== 'env' && MODELLED.includes(program);
  const inside = rest.filter((word) => !word.startsWith('-')).slice(1);
  return inside.length === 0 || isModelled(inside);
}

/** Process ids and file system ids are whatever comes, and states of pf and operations on disks come with use. */
function hideIds(command: string, text: string): string {
  if (command.startsWith('ps ')) return text.replaceAll(/^ *\d+/gm, 'PID');
  if (command.includes('mount -v')) {
    return text
      .replaceAll(/, writes: sync \d+ async \d+, reads: sync \d+ async \d+/g, '')
      .replaceAll(/fsid [0-9a-f]{16}/g, 'fsid FSID')
      .replaceAll(/count \d+/g, 'count N');
  }
  if (command.endsWith('pfctl -s info | head -1')) return text.replace(/00:00:\d\d/, 'TIME');
  return text
    .replaceAll(/^\d+ states/gm, 'N states')
    .replaceAll(/ p1 0x[0-9a-f]+ /g, ' p1 0 ')
    .replaceAll(/^kern\.hostuuid: \S+/gm, 'kern.hostuuid: UUID')
    .replaceAll(/^(kern\.boottime: ).*/gm, '$1TIME');
}

const transcripts = readTranscripts();
const used = new Set<NotReplayed>();
let compared = 0;
let programs: ProgramHost;

test.before(async () => {
  programs = await buildFreebsdHost();
  spawnSync('mkdir', [join(programs.directory, 'tmp')]);
});
test.after(() => programs.dispose());

for (const section of new Set(transcripts.map((record) => record.section))) {
  test(section, async () => {
    const replay = new Replay(programs, section);
    let replayed = 0;
    for (const record of transcripts.filter((one) => one.section === section)) {
      const outcome = await replay.play(record);
      if (outcome === 'replayed') replayed += 1;
      else used.add(outcome);
    }
    compared += replayed;
    assert.ok(replayed > 0 || section.startsWith('6b.'), 'nothing was compared');
  });
}

test('every reason not to replay a record is needed', () => {
  assert.deepEqual(
    NOT_REPLAYED.filter((reason) => !used.has(reason)).map(({ command }) => String(command)),
    [],
  );
});

test('no record is left out unnoticed', () => {
  assert.deepEqual([compared, transcripts.length], [1111, 1298]);
});

test.run();
