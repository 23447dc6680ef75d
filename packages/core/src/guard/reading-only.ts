import type { Argv, CommandRunner } from '../command.ts';
import type { EndpointFirewall } from '../driver.ts';
import { KleenetError } from '../errors.ts';

/** What a data plane has to change the host with. */
export interface Means {
  readonly commands: CommandRunner;
  readonly firewall?: EndpointFirewall;
}

/** The means of a data plane while it only checks: those that read work, the others are refused and remembered. */
export class ReadingOnly {
  readonly #given: Means;
  #attempt: string | undefined;

  constructor(given: Means) {
    this.#given = given;
  }

  get means(): Means {
    const { commands, firewall } = this.#given;
    return {
      commands: {
        read: (argv, options) => commands.read(argv, options),
        change: (argv) => this.#refuse(words(argv)),
        foreground: (argv) => {
          throw this.#refusal(words(argv));
        },
      },
      ...(firewall === undefined ? {} : { firewall: this.#onlyAsking(firewall) }),
    };
  }

  /** The first change since the last call that was tried. */
  attempt(): string | undefined {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    return attempt;
  }

  #onlyAsking(firewall: EndpointFirewall): EndpointFirewall {
    return {
      guard: () => this.#refuse('firewall.guard'),
      release: () => this.#refuse('firewall.release'),
      problems: (target, hostInterface) => firewall.problems(target, hostInterface),
    };
  }

  async #refuse(what: string): Promise<never> {
    throw this.#refusal(what);
  }

  #refusal(what: string): KleenetError {
    this.#attempt ??= what;
    return new KleenetError(
      'DRIVER_FAILED',
      `a check only reads, and this changes the host: ${what}`,
    );
  }
}

function words(argv: Argv): string {
  return `'${argv.join(' ')}'`;
}
