import { KleenetError } from '../../errors.ts';
import type { PublishedPort } from '../../model.ts';
import { parseInterfaceName } from '../../names.ts';
import { quote } from '../../quote.ts';

/** `[IF:]HOST[:CONTAINER]`, where a range is written as in pf.conf(5): `5000:5010:4000:*`. */
const FORM = /^(?:(?<interface>[A-Za-z_][^:]*):)?(?<ports>[0-9:*]+)(?:\/(?<protocol>[a-z]+))?$/;

const HIGHEST_PORT = 65_535;

/**
 * Parses `[IF:]HOST[:CONTAINER][/tcp|udp]`. One number is the same port inside and out; `FIRST:LAST:CONTAINER:*` is a
 * range whose ports follow in step inside.
 * @throws KleenetError INVALID_ARGUMENT, INVALID_NAME
 */
export function parsePublish(text: string): PublishedPort {
  const groups = FORM.exec(text)?.groups;
  const ports = parsePorts(groups?.['ports'] ?? '');
  const protocol = groups?.['protocol'] ?? 'tcp';
  if (ports === undefined || (protocol !== 'tcp' && protocol !== 'udp')) throw malformed(text);
  const { hostPorts, containerPort } = ports;
  const last = containerPort + hostPorts[1] - hostPorts[0];
  const outOfRange = [...hostPorts, containerPort, last].some(
    (port) => port < 1 || port > HIGHEST_PORT,
  );
  if (outOfRange || hostPorts[0] > hostPorts[1]) throw badPorts(text);
  const hostInterface = groups?.['interface'];
  return {
    ...(hostInterface === undefined ? {} : { interface: parseInterfaceName(hostInterface) }),
    protocol,
    hostPorts,
    containerPort,
  };
}

function parsePorts(text: string): Pick<PublishedPort, 'hostPorts' | 'containerPort'> | undefined {
  const parts = text.split(':');
  const numbers = parts.map((part) => (/^[0-9]{1,5}$/.test(part) ? Number(part) : undefined));
  const [first, second, third] = numbers;
  if (first === undefined) return undefined;
  if (parts.length === 1) return { hostPorts: [first, first], containerPort: first };
  if (second === undefined) return undefined;
  if (parts.length === 2) return { hostPorts: [first, first], containerPort: second };
  if (third === undefined || parts.length !== 4 || parts[3] !== '*') return undefined;
  return { hostPorts: [first, second], containerPort: third };
}

function malformed(text: string): KleenetError {
  return new KleenetError('INVALID_ARGUMENT', `${quote(text)} is not a port to publish`, {
    hint: 'write it as [INTERFACE:]HOST[:CONTAINER][/tcp|udp], for example 8080:80/tcp, or as a range FIRST:LAST:CONTAINER:*',
  });
}

function badPorts(text: string): KleenetError {
  return new KleenetError(
    'INVALID_ARGUMENT',
    `${quote(text)} has ports outside 1 to ${HIGHEST_PORT}, or its range runs backwards`,
    {
      hint: `give ports from 1 to ${HIGHEST_PORT}, the lower one first`,
    },
  );
}
