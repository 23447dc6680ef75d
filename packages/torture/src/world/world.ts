/** Where a walk takes place: klee, the host that it works on, and the packets there. */
import type { Ended } from './processes.ts';
import type { Asked } from './hub.ts';

/** What klee works on, as `KLEE_PLATFORM` names it. */
export type System = 'linux' | 'freebsd' | 'memory';

export interface KleeOptions {
  /** The program `klee`, if it is another than that of this repository. */
  readonly klee?: string;
}

export interface World {
  readonly system: System;
  /** Runs klee as a user would, with errors as JSON. */
  klee(words: readonly string[]): Promise<Ended>;
  /** Runs klee, and kills it (SIGKILL) after this time in milliseconds, if it still runs. */
  kleeKilled(words: readonly string[], after: number): Promise<Ended>;
  /** The options, image and command by which a container is one of ours: with a server in it, where there are packets. */
  serverWords(label: string): readonly string[];
  /** Servers and their clients; without them only what klee says is compared. */
  readonly packets?: Packets;
  /** Kills the command of a container. Tells whether it ran. */
  killCommand(container: Named): Promise<boolean>;
  /** Changes a simulated host behind klee's back. */
  tamper?(change: (host: SimulatedHost) => void): Promise<void>;
  /** A program of the host listens on a port of it, until it is ended or the host boots. */
  takePort?(port: number): Promise<void>;
  freePort?(): Promise<void>;
  /** Runs a program on the host: something happens to it. */
  host(argv: readonly string[], input?: string): Promise<Ended>;
  /** The processes of the host whose command line matches this regular expression. */
  processes(pattern: string): Promise<readonly number[]>;
  /** The machine boots anew: processes, interfaces, rules and routes of klee are gone. */
  reboot(): Promise<void>;
  /** All that klee could leave on the host, as lines. */
  look(): Promise<readonly string[]>;
  close(): Promise<void>;
}

interface Named {
  readonly name: string;
  readonly label: string;
}

/** The servers in containers, on the host and outside it, which are told what to ask. */
export interface Packets {
  /** Waits until the servers of these containers answer, and names those that do not. */
  missing(labels: readonly string[]): Promise<readonly string[]>;
  ask(questions: readonly Asked[]): Promise<readonly string[]>;
  /** Opens a connection that stays, and gives the greeting. */
  open(flow: Asked & { readonly flow: number }): Promise<string>;
  /** What became of a question that was not answered as it should be, where that is known. */
  why?(question: Asked): string;
  say(from: string, flows: readonly { flow: number; most: number }[]): Promise<readonly string[]>;
}

/** What happens to a simulated host is done to the file that it lives in. */
export interface SimulatedHost {
  bootId: string;
  interfaces: Record<string, SimulatedInterface>;
  sandboxes: Record<string, { runId: string; state: string; addresses: string[] }>;
  firewall: string;
  exitStatuses: Record<string, number>;
}

interface SimulatedInterface {
  readonly name: string;
  readonly kind: string;
  readonly sandbox: string;
  readonly owner: string;
  readonly mac: string;
  readonly mtu: number;
  bridge: string;
  addresses: string[];
}
