/** Looks at whether the work was done. */
import { host, inside, output } from './command.ts';

/** Throws unless an interface in this network namespace has an address that begins like this. */
export function requireAddress(namespace: string, beginning: string): void {
  const found = addressesIn(namespace);
  if (!found.some((address) => address.startsWith(beginning)))
    throw new Error(`there is no address ${beginning}… in ${namespace}: ${found.join(' ')}`);
}

export function addressesIn(namespace: string): readonly string[] {
  return addresses(output(inside(namespace, 'ip', '-4', '-o', 'address')));
}

/** Throws unless the host has this address. */
export function requireGateway(address: string): void {
  if (!addressesOfHost().includes(address))
    throw new Error(`the host does not have the gateway ${address}`);
}

export function addressesOfHost(): readonly string[] {
  return addresses(host('ip', '-4', '-o', 'address'));
}

function addresses(lines: string): readonly string[] {
  return [...lines.matchAll(/ inet ([\d.]+)/g)].map(([, address = '']) => address);
}

export function requireEqual(found: unknown, wanted: unknown, what: string): void {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} in place of ${String(wanted)}`);
}
