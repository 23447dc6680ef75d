/**
 * The one error class of Kleenet and the table of its codes.
 *
 * Codes are stable within a major version; messages are free to change. Compare `code`, never the class: two copies
 * of this module may be loaded at once (a plugin brings its own).
 */

/** The kind of a failure; the command line maps it to an exit status. */
export type ErrorKind =
  | 'invalid'
  | 'not-found'
  | 'conflict'
  | 'exhausted'
  | 'unsupported'
  | 'denied'
  | 'platform'
  | 'internal';

/** Every code, with its kind and one sentence that says when it is raised. A retired code is never reused. */
export const ERROR_CODES = {
  INVALID_ARGUMENT: [
    'invalid',
    'A value has the wrong form; `details.issues` lists each as `path: message`.',
  ],
  INVALID_NAME: [
    'invalid',
    'A name is empty, too long (64 characters; interfaces 15), has other characters than A-Z a-z 0-9 _ . -, or looks like an id.',
  ],
  ADDRESS_INVALID: ['invalid', 'A text is not an IPv4 or IPv6 address.'],
  SUBNET_INVALID: [
    'invalid',
    'A text is not a CIDR, has host bits set, is of the wrong family, or meets a range that is not for networks.',
  ],
  ADDRESS_OUT_OF_RANGE: ['invalid', 'The requested address is outside the subnet of the network.'],
  ADDRESS_FAMILY_MISSING: [
    'invalid',
    "The network has no subnet of the requested address's family.",
  ],
  GATEWAY_OUT_OF_RANGE: [
    'invalid',
    'The gateway is outside its subnet, or is an address that no host can have.',
  ],
  OPTION_UNKNOWN: ['invalid', 'The driver does not know an option that was given to it.'],

  NETWORK_NOT_FOUND: ['not-found', 'No network has this name, id or id prefix.'],
  CONTAINER_NOT_FOUND: ['not-found', 'No container has this name, id or id prefix.'],
  IMAGE_NOT_FOUND: ['not-found', 'No image has this name or id.'],
  DRIVER_NOT_FOUND: ['not-found', 'No driver has this name.'],
  INTERFACE_NOT_FOUND: ['not-found', 'The host has no interface of this name.'],
  PLUGIN_NOT_FOUND: ['not-found', 'No plugin of this name is installed.'],
  NOT_CONNECTED: ['not-found', 'The container is not connected to the network.'],
  COMMAND_NOT_FOUND: ['not-found', 'The command to run is not in the container.'],
  USER_NOT_FOUND: ['not-found', 'The container has no such user.'],

  NAME_TAKEN: ['conflict', 'Another network, container, image, plugin or driver has the name.'],
  ID_AMBIGUOUS: ['conflict', 'An id prefix fits more than one object.'],
  ALREADY_CONNECTED: ['conflict', 'The container is already connected to the network.'],
  ADDRESS_IN_USE: ['conflict', 'The requested address is leased; the message names the holder.'],
  ADDRESS_RESERVED: [
    'conflict',
    'The requested address is held back: network, broadcast, gateway, excluded, or the host has it.',
  ],
  SUBNET_OVERLAP: ['conflict', 'The subnet overlaps another network or a route of the host.'],
  MAC_IN_USE: [
    'conflict',
    "Another endpoint of the network or one of the host's interfaces has the MAC address.",
  ],
  INTERFACE_IN_USE: [
    'conflict',
    'The host already has an interface of this name, or another network uses it.',
  ],
  DRIVER_CONFLICT: [
    'conflict',
    'A container keeps its driver for life, and so does a network that has one; another driver was requested.',
  ],
  CONTAINER_RUNNING: ['conflict', 'The operation needs a stopped container.'],
  CONTAINER_NOT_RUNNING: ['conflict', 'The operation needs a running container.'],
  IMAGE_IN_USE: ['conflict', 'Containers were made from the image.'],
  PLUGIN_IN_USE: ['conflict', 'Containers or networks have a driver of the plugin.'],
  PORT_IN_USE: ['conflict', 'The published port is taken.'],
  OBJECT_BUSY: ['conflict', 'Another klee process held the lock of the object until the deadline.'],
  DATABASE_BUSY: ['conflict', 'Another process kept the database locked until the deadline.'],
  PARKED: [
    'conflict',
    'Cleaning up after an interrupted operation on the object has not succeeded yet.',
  ],
  CONSTRAINT_VIOLATED: [
    'conflict',
    'The database refused a change that would break one of its rules.',
  ],
  INTERRUPTED: ['conflict', 'The operation was interrupted by a signal and undone.'],

  POOL_EXHAUSTED: ['exhausted', 'No address of the family is left in the network.'],
  DISK_FULL: ['exhausted', 'No space is left for the state or for a container.'],
  DESCRIPTORS_EXHAUSTED: ['exhausted', 'The process or the host may open no further file.'],

  NETWORK_TYPE_UNSUPPORTED: [
    'unsupported',
    'The driver does not connect to networks of this type.',
  ],
  FAMILY_UNSUPPORTED: [
    'unsupported',
    'The driver does not support the address family, or the host has it switched off.',
  ],
  FEATURE_UNSUPPORTED: ['unsupported', 'The driver or the platform lacks a requested capability.'],
  PLATFORM_UNSUPPORTED: ['unsupported', 'Kleenet or the driver does not run on this platform.'],
  FIREWALL_UNAVAILABLE: [
    'unsupported',
    'The request needs the firewall, which does not work here.',
  ],
  API_VERSION_UNSUPPORTED: [
    'unsupported',
    'A plugin was written for another major version of the driver contract.',
  ],

  PERMISSION_DENIED: ['denied', 'The user may not do this; usually root is needed.'],
  PLUGIN_UNTRUSTED: ['denied', 'A plugin is at a path that users other than root can write.'],
  STATE_UNTRUSTED: ['denied', 'The state directory belongs to another user or is open to others.'],
  STATE_READ_ONLY: ['denied', 'The state directory is on a file system that cannot be written.'],
  STATE_FOREIGN: ['denied', 'The state was written for another host or platform.'],

  PLATFORM_COMMAND_FAILED: [
    'platform',
    'A command on the host failed; `details` has argv, exit status and stderr.',
  ],
  PLATFORM_COMMAND_TIMEOUT: [
    'platform',
    'A command on the host did not end before its deadline and was killed.',
  ],
  TOOL_MISSING: ['platform', 'A program that is needed is not installed.'],
  COMMAND_NOT_EXECUTABLE: ['platform', 'The command to run is there but cannot be executed.'],
  IMAGE_INVALID: [
    'platform',
    'The source of an image is neither a directory nor a readable tar archive.',
  ],
  IMAGE_FETCH_FAILED: [
    'platform',
    'The source of an image cannot be downloaded; `details` has the URL.',
  ],
  CHECKSUM_MISMATCH: ['platform', 'The downloaded file does not have the expected checksum.'],
  DRIVER_UNAVAILABLE: [
    'platform',
    'The driver cannot work on this host now; `details.reasons` says why.',
  ],
  DRIVER_FAILED: ['platform', 'A driver threw something that is not a KleenetError.'],
  DRIVER_TIMEOUT: ['platform', 'A driver did not answer before its deadline.'],

  DATABASE_DAMAGED: ['internal', 'The file is not a database, or fails integrity checks.'],
  DATABASE_MISSING: ['internal', 'The database is missing, but files that it recorded are there.'],
  DATABASE_NEWER: ['internal', 'The database was written by a newer version of klee.'],
  DATABASE_UNAVAILABLE: [
    'internal',
    'The state directory or the database cannot be opened, read or written.',
  ],
  STATE_NEWER: ['internal', 'A claim has a newer format than this version understands.'],
  PLUGIN_INVALID: ['internal', 'A plugin cannot be loaded or does not keep the contract.'],
  INTERNAL: ['internal', 'A fault in klee itself.'],
} as const;

/** A stable error code; see {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Further properties of a {@link KleenetError}. */
export interface ErrorOptions {
  /** The user's next step, in one sentence. */
  readonly hint?: string;
  /** Facts for programs; must be writable as JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The error that every public function of Kleenet throws for faults of users and hosts. */
export class KleenetError extends Error {
  override readonly name = 'KleenetError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    const kind: ErrorKind = ERROR_CODES[code][0];
    this.kind = kind;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** Whether a thrown value is a {@link KleenetError}, of this or of another copy of core. */
export function isKleenetError(value: unknown): value is KleenetError {
  return (
    value instanceof Error &&
    value.name === 'KleenetError' &&
    'code' in value &&
    typeof value.code === 'string'
  );
}

/** Whether a thrown value is a {@link KleenetError} with one of these codes. */
export function hasCode(value: unknown, ...codes: readonly ErrorCode[]): value is KleenetError {
  return isKleenetError(value) && codes.includes(value.code);
}

/**
 * The error for a value that Node.js or the operating system threw because no descriptor is left; undefined for other
 * values.
 */
export function descriptorsExhausted(thrown: unknown): KleenetError | undefined {
  if (!(thrown instanceof Error && 'code' in thrown)) return undefined;
  const isHost = thrown.code === 'ENFILE';
  if (!isHost && thrown.code !== 'EMFILE') return undefined;
  const whose = isHost ? 'the host' : 'klee';
  return new KleenetError(
    'DESCRIPTORS_EXHAUSTED',
    `${whose} has too many open files: ${thrown.message}`,
    {
      hint: isHost
        ? 'end what has many files open, and try again'
        : "allow more to its process and try again: 'ulimit -n' shows the limit",
      details: { reason: thrown.code },
      cause: thrown,
    },
  );
}
