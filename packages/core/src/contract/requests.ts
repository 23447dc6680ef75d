/** What users ask of a driver. Part of the contract, which `driver.ts` is the entry to. */
import type { IpAddress, MacAddress, PerFamily } from '../address/types.ts';

/** A problem with a value: `path` names the value, in the words of the command line. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** The user's request for a connection, parsed and checked for form. */
export interface EndpointRequest {
  readonly addresses: PerFamily<IpAddress>;
  readonly mac?: MacAddress;
  readonly gatewayPriority: number;
  /** The `--driver-opt` values, all known to the driver. */
  readonly options: Readonly<Record<string, string>>;
}

/** One option of a driver or of its networks, as `--driver-opt NAME=VALUE` gives it. */
export interface OptionDescription {
  /** One sentence with units and default. */
  readonly description: string;
  /**
   * The problem with a value, or undefined when it is valid. Pure. The driver alone knows what its values may be, so core refuses none.
   * An empty text, white space at either end and control characters are problems in every driver: nobody means them, and a value
   * is printed, and may become a word of a command or a line of its input. Other characters are a matter of the option: commands
   * pass no shell.
   */
  check(value: string): string | undefined;
}
