import { randomHex } from './digest.ts';
import { KleenetError } from './errors.ts';
import { quote } from './quote.ts';

/** The longest name of a network, container or image, in characters. */
const NAME_LENGTH = 64;

/** The longest interface name, in characters: IFNAMSIZ is 16 on FreeBSD and Linux, and counts the final NUL. */
export const INTERFACE_NAME_LENGTH = 15;

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const INTERFACE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** The form of an id. */
const ID = /^[0-9a-f]{12}$/;

/**
 * Checks the name of an object: letters, digits, `_`, `.` and `-`, a letter or digit first, at most 64 characters. A
 * name that looks like an id is refused: it could refer to two objects, now or later.
 *
 * @param kind - the kind of the named object, for the message: `network`, `container`, …
 * @throws KleenetError INVALID_NAME
 */
export function parseName(kind: string, text: string): string {
  if (ID.test(text)) throw likeAnId(kind, text);
  if (text.length <= NAME_LENGTH && NAME.test(text)) return text;
  throw new KleenetError('INVALID_NAME', `${quote(text)} is not a valid ${kind} name`, {
    hint: `use 1 to ${NAME_LENGTH} letters, digits, "_", "." and "-", and begin with a letter or digit`,
    details: { kind, value: text },
  });
}

function likeAnId(kind: string, text: string): KleenetError {
  return new KleenetError(
    'INVALID_NAME',
    `${quote(text)} cannot be the name of a ${kind}: it looks like an id`,
    {
      hint: 'ids are 12 hexadecimal digits in lower case: add a "-" or another letter',
      details: { kind, value: text },
    },
  );
}

/**
 * Checks the name of a host interface: at most 15 letters, digits, `_`, `.` and `-`. Kernels allow more characters;
 * these are the ones that are safe in every command line and firewall rule.
 *
 * @throws KleenetError INVALID_NAME
 */
export function parseInterfaceName(text: string): string {
  if (text.length <= INTERFACE_NAME_LENGTH && INTERFACE_NAME.test(text)) return text;
  throw new KleenetError('INVALID_NAME', `${quote(text)} is not a valid interface name`, {
    hint: `use 1 to ${INTERFACE_NAME_LENGTH} letters, digits, "_", "." and "-", and do not begin with "." or "-"`,
    details: { kind: 'interface', value: text },
  });
}

/** A new random id: 12 hex digits. */
export function newId(): string {
  return randomHex(6);
}
