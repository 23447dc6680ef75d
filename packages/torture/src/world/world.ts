/** Where a walk takes place: klee, the host that it works on, and the packets there. */
import type { Ended } from './processes.ts';
import type { Asked } from './hub.ts';

export interface World {
  /** Runs klee as a user would, with errors as JSON. */
  klee(words: readonly string[]): Promise<Ended>;
  /** Runs klee, and kills it (SIGKILL) after this time in milliseconds, if it still runs. */
  kleeKilled(words: readonly string[], after: number): Promise<Ended>;
  /** The options, image and command by which a container is one of ours: with a server in it. */
  serverWords(label: string): readonly string[];
  /** Waits until the servers of these containers answer, and names those that do not. */
  missing(labels: readonly string[]): Promise<readonly string[]>;
  ask(questions: readonly Asked[]): Promise<readonly string[]>;
  /** Opens a connection that stays, and gives the greeting. */
  open(flow: Asked & { readonly flow: number }): Promise<string>;
  say(from: string, flows: readonly { flow: number; most: number }[]): Promise<readonly string[]>;
  /** Something happens to the host. */
  host(argv: readonly string[], input?: string): Promise<Ended>;
  /** The processes whose command line matches this regular expression. */
  processes(pattern: string): Promise<readonly number[]>;
  /** The machine boots anew: processes, interfaces, rules and routes of klee are gone. */
  reboot(): Promise<void>;
  /** All that klee could leave on the host, as lines. */
  look(): Promise<readonly string[]>;
  close(): Promise<void>;
}
