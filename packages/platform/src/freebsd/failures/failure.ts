/** A known failure. */
import type { ErrorCode } from '@kleenet/core';

/** The cause of a failure, independent of the reporting program. */
export type FailureReason =
  | 'address-gone'
  | 'addresses-clash'
  | 'anchor-gone'
  | 'bridge-busy'
  | 'busy'
  | 'command-missing'
  | 'command-not-executable'
  | 'denied'
  | 'disk-full'
  | 'file-gone'
  | 'file-system-unknown'
  | 'hook-failed'
  | 'interface-exists'
  | 'interface-gone'
  | 'jail-dying'
  | 'jail-exists'
  | 'jail-gone'
  | 'member-exists'
  | 'member-gone'
  | 'module-missing'
  | 'mtu-invalid'
  | 'mtu-mismatch'
  | 'name-invalid'
  | 'name-taken'
  | 'network-unreachable'
  | 'no-cloner'
  | 'no-process'
  | 'no-such-number'
  | 'not-a-clone'
  | 'not-a-member'
  | 'not-in-jail'
  | 'not-mounted'
  | 'option-unknown'
  | 'parameter-fixed'
  | 'parameter-invalid'
  | 'path-missing'
  | 'pf-disabled'
  | 'pf-enabled'
  | 'pf-missing'
  | 'route-exists'
  | 'route-gone'
  | 'rules-invalid'
  | 'stack-mismatch'
  | 'table-gone'
  | 'unknown-oid'
  | 'unknown-parameter'
  | 'user-missing'
  | 'value-invalid';

export interface Failure {
  /** The reporting program; `any` for messages that every program may print. */
  readonly program: string;
  /** Matches its standard error or, for route(8), its standard output. */
  readonly pattern: RegExp;
  readonly reason: FailureReason;
  readonly code: ErrorCode;
  readonly hint: string;
}
