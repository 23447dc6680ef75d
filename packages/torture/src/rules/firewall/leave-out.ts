/** Leaves out each line of the rules that klee has loaded, and looks for a packet that goes wrong. */
import type { Found, Progress } from '../findings.ts';
import { reasonFor } from './excused.ts';
import { joined, linesOf } from './lines.ts';
import type { Line } from './lines.ts';
import { tryPackets } from './packets.ts';
import type { Phase, Wrong } from './packets.ts';
import type { Stage } from './stage.ts';

const TABLES = ['bridge', 'inet'] as const;

export interface Candidate extends Line {
  readonly table: (typeof TABLES)[number];
}

export class Ruleset {
  readonly #stage: Stage;
  readonly #texts: Readonly<Record<(typeof TABLES)[number], string>>;

  private constructor(stage: Stage, texts: Readonly<Record<(typeof TABLES)[number], string>>) {
    this.#stage = stage;
    this.#texts = texts;
  }

  /** As it is loaded now. */
  static async read(stage: Stage): Promise<Ruleset> {
    const list = async (table: string): Promise<string> =>
      joined((await stage.world.host(['nft', '-s', 'list', 'table', table, 'klee'])).stdout);
    return new Ruleset(stage, { bridge: await list('bridge'), inet: await list('inet') });
  }

  lines(): readonly Candidate[] {
    return TABLES.flatMap((table) =>
      linesOf(this.#texts[table]).map((line) => ({ ...line, table })),
    );
  }

  /** Loads it as it was, or without a line. */
  async load(line?: Candidate): Promise<void> {
    const texts = TABLES.map((table) => {
      const text = line?.table === table ? line.without : this.#texts[table];
      return `add table ${table} klee\ndelete table ${table} klee\n${text}\n`;
    });
    const { status, stderr } = await this.#stage.world.host(['nft', '-f', '-'], texts.join(''));
    if (status !== 0) throw new Error(`not loaded without ${line?.name}: ${stderr}`);
  }

  async unload(): Promise<void> {
    await this.#stage.world.host(['nft', 'flush', 'ruleset']);
  }
}

/** What goes wrong in any of the phases; nothing if all goes as it must. */
export async function wrongPackets(
  stage: Stage,
  rules: Ruleset,
  {
    phases,
    line,
    patient = false,
  }: {
    readonly phases: readonly Phase[];
    readonly line?: Candidate;
    /** Waits long for what must not arrive. */
    readonly patient?: boolean;
  },
): Promise<readonly Wrong[]> {
  let found: readonly Wrong[] = [];
  for (const phase of phases) {
    await phase.earlier?.();
    await rules.load(line);
    await phase.enter?.();
    found = await tryPackets(stage, phase, patient);
    await phase.leave?.();
    if (found.length > 0) break;
  }
  await rules.load();
  return found;
}

/** Whether anything notices that a line is missing. */
export async function leaveOut(
  stage: Stage,
  rules: Ruleset,
  { phases, line, log }: { phases: readonly Phase[]; line: Candidate; log: Progress['log'] },
): Promise<Found | undefined> {
  const reason = reasonFor(line);
  for (const patient of reason === undefined ? [false, true] : [false]) {
    const [first] = await wrongPackets(stage, rules, { phases, line, patient });
    if (first === undefined) continue;
    log(`${line.name}\n   ${first.text}`);
    return undefined;
  }
  log(`${line.name}\n   ${reason ?? 'NOT NEEDED'}`);
  return reason === undefined ? { kind: 'not needed', text: line.name } : undefined;
}
