/** The words that follow an interface on the command line of ifconfig(8), in their order. */
import { classfulPrefix, familyOf, parseAddress, toNumber } from '../address.ts';
import { Errno } from '../errno.ts';
import type { ErrnoCode } from '../errno.ts';
import { addAddress, addLinkLocal, bringUp, removeAddress } from '../kernel/addresses.ts';
import {
  addMember,
  deleteMember,
  deleteStatic,
  setMtu,
  setPrivate,
  setStatic,
} from '../kernel/bridges.ts';
import { destroyClone } from '../kernel/cloners.ts';
import { renameInterface } from '../kernel/interfaces.ts';
import { tablesOf } from '../kernel/routes.ts';
import { stackIdOf, stackOf } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import { isLater } from '../releases.ts';
import type { NetworkInterface, Stack } from '../state.ts';
import { Refusal, sendInterface } from './ifconfig-vnet.ts';

interface Work {
  readonly machine: Machine;
  readonly jid: number;
  readonly stack: Stack;
  readonly one: NetworkInterface;
  family: 'inet' | 'inet6' | 'ether';
  address?: string;
  prefix?: number;
  mode: 'set' | 'alias' | 'remove';
  printed: string;
  /** What is said on standard error of words that are passed over. */
  warned: string;
}

/** Address families are words only in front of all others; anywhere else they are taken for addresses. */
const FAMILIES: Readonly<Record<string, Work['family']>> = {
  inet: 'inet',
  inet6: 'inet6',
  ether: 'ether',
  link: 'ether',
  lladdr: 'ether',
};

type Word = readonly [operands: number, act: (work: Work, ...operands: string[]) => void];

const WORDS: Readonly<Record<string, Word>> = {
  alias: [0, (work) => void (work.mode = 'alias')],
  add: [0, (work) => void (work.mode = 'alias')],
  '-alias': [0, (work) => void (work.mode = 'remove')],
  delete: [0, (work) => void (work.mode = 'remove')],
  remove: [0, (work) => void (work.mode = 'remove')],
  prefixlen: [1, (work, length) => void (work.prefix = Number(length))],
  netmask: [1, (work, mask) => void (work.prefix = prefixOfMask(mask))],
  up: [0, ({ machine, one }) => bringUp(machine, one)],
  down: [0, ({ one }) => void (one.up = false)],
  no_dad: [0, ({ one }) => void (one.noDad = true)],
  '-no_dad': [0, ({ one }) => void (one.noDad = false)],
  accept_rtadv: [0, ({ one }) => void (one.acceptRtadv = true)],
  '-accept_rtadv': [0, ({ one }) => void (one.acceptRtadv = false)],
  auto_linklocal: [0, ({ one }) => void (one.autoLinkLocal = true)],
  '-auto_linklocal': [0, ({ one }) => void (one.autoLinkLocal = false)],
  ifdisabled: [0, ({ one }) => void (one.ifDisabled = true)],
  '-ifdisabled': [0, enableIpv6],
  name: [1, rename],
  mtu: [
    1,
    ({ stack, one }, mtu) =>
      tried('ioctl SIOCSIFMTU (set mtu)', () => setMtu(stack, one, Number(mtu))),
  ],
  fib: [1, setTable],
  description: [1, ({ one }, text) => void (one.description = text)],
  descr: [1, ({ one }, text) => void (one.description = text)],
  '-description': [0, ({ one }) => void (one.description = '')],
  '-descr': [0, ({ one }) => void (one.description = '')],
  group: [1, joinGroup],
  '-group': [
    1,
    ({ one }, group) => void (one.groups = one.groups.filter((name) => name !== group)),
  ],
  addm: [1, addPort],
  deletem: [
    1,
    ({ stack, one }, port) => tried(`BRDGDEL ${port}`, () => deleteMember(stack, one, port)),
  ],
  private: [
    1,
    ({ stack, one }, port) => tried(BRIDGE_FLAGS, () => setPrivate(stack, one, port, true)),
  ],
  '-private': [
    1,
    ({ stack, one }, port) => tried(BRIDGE_FLAGS, () => setPrivate(stack, one, port, false)),
  ],
  addr: [0, showStatics],
  static: [
    2,
    ({ stack, one }, port, ether) =>
      tried(`BRDGSADDR ${port}`, () => setStatic(stack, one, port, ether)),
  ],
  deladdr: [1, ({ one }, ether) => tried(`BRDGDADDR ${ether}`, () => deleteStatic(one, ether))],
  vnet: [1, ({ machine, jid, one }, jail) => sendInterface(machine, jid, one, jail)],
  destroy: [0, destroy],
  vxlanid: [1, () => undefined],
  vxlanlocal: [1, () => undefined],
  vxlanremote: [1, () => undefined],
};

const BRIDGE_FLAGS = 'unable to get bridge flags';

/** Operations that a process without its own stack may not perform, in the words of ifconfig. */
const DENIED: Readonly<Record<string, string>> = {
  name: 'ioctl SIOCSIFNAME (set name): Operation not permitted',
  mtu: 'ioctl SIOCSIFMTU (set mtu): Operation not permitted',
  destroy: 'SIOCIFDESTROY: Operation not permitted',
  '-alias': 'ioctl (SIOCDIFADDR): permission denied',
  delete: 'ioctl (SIOCDIFADDR): permission denied',
};

/** Executes words one after the other, until the first failure. */
export function configure(
  machine: Machine,
  call: Call,
  one: NetworkInterface,
  words: readonly string[],
): Answer {
  const jid = stackIdOf(call.jail);
  const stack = stackOf(machine.state, jid);
  const work: Work = {
    machine,
    jid,
    stack,
    one,
    family: 'inet',
    mode: 'set',
    printed: '',
    warned: '',
  };
  try {
    if (call.jail !== undefined && !call.jail.vnet) deny(words);
    const family = FAMILIES[words[0] ?? ''];
    if (family !== undefined) work.family = family;
    let position = family === undefined ? 0 : 1;
    while (position < words.length) position += take(work, words, position);
    finish(work);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const stderr = `${work.warned}ifconfig: ${error.message}\n`;
    return { status: 1, stdout: work.printed, stderr };
  }
  return { status: 0, stdout: work.printed, stderr: work.warned };
}

function deny(words: readonly string[]): never {
  const denied = words.map((word) => DENIED[word]).find((text) => text !== undefined);
  throw new Refusal(denied ?? 'ioctl (SIOCAIFADDR): permission denied');
}

/** Executes the word at a position; returns the number of consumed words. */
function take(work: Work, words: readonly string[], position: number): number {
  const word = words[position] ?? '';
  const [operands, act] = WORDS[word] ?? [];
  if (operands === undefined || act === undefined) {
    takeAddress(work, word);
    return 1;
  }
  const taken = words.slice(position + 1, position + 1 + operands);
  if (taken.length < operands) throw new Refusal(`'${word}' requires argument`);
  act(work, ...taken);
  return 1 + operands;
}

function takeAddress(work: Work, word: string): void {
  if (work.family === 'ether') {
    setEther(work, word);
    return;
  }
  const [text = '', width] = word.split('/', 2);
  const most = work.family === 'inet' ? 32 : 128;
  if (width !== undefined && !(Number(width) <= most)) {
    throw new Refusal(
      `${word}: bad value (width ${Number(width) > most ? 'too large' : 'invalid'})`,
    );
  }
  const address = parseAddress(text);
  const family = work.family === 'inet' ? 'ipv4' : 'ipv6';
  if (address === undefined || familyOf(address) !== family)
    throw new Refusal(`${text}: bad value`);
  work.address = address;
  if (width !== undefined) work.prefix = Number(width);
}

function setEther({ one }: Work, text: string): void {
  if (!/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(text)) {
    throw new Refusal('ioctl (SIOCAIFADDR): Invalid argument');
  }
  one.ether = text
    .toLowerCase()
    .split(':')
    .map((octet) => octet.padStart(2, '0'))
    .join(':');
}

/** The address itself is set after all other words. */
function finish(work: Work): void {
  const { machine, stack, one, mode, address } = work;
  if (address === undefined) return;
  const family = familyOf(address);
  if (mode === 'remove') {
    tried('ioctl (SIOCDIFADDR)', () => removeAddress(stack, one, address));
    return;
  }
  if (mode === 'set' && family === 'ipv4') {
    const first = one.addresses.find((held) => held.family === 'ipv4');
    if (first !== undefined) removeAddress(stack, one, first.address);
  }
  const prefix = work.prefix ?? (family === 'ipv4' ? classfulPrefix(address) : 64);
  tried('ioctl (SIOCAIFADDR)', () => addAddress(machine, one, { family, address, prefix }));
}

function prefixOfMask(mask: string): number {
  const number = mask.startsWith('0x') ? BigInt(mask) : toNumber(mask);
  return number.toString(2).replaceAll('0', '').length;
}

/** Where FreeBSD 15.1 reports that its source refuses a port. */
const REFUSED_IN: Partial<Record<ErrnoCode, string>> = {
  EEXIST: 'errno 17 category 7 (src sys/net/if_bridge.c:1389) p1 0 p2 0',
  ENOENT: 'errno 2 category 7 (src sys/net/if_bridge.c:1352) p1 0 p2 0',
};

function addPort({ machine, stack, one }: Work, port: string): void {
  try {
    addMember(stack, one, port);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    const where = isLater(machine.state.release) ? REFUSED_IN[error.code] : undefined;
    const more = where === undefined ? '' : ` (${where})`;
    throw new Refusal(`BRDGADD ${port}: ${error.message}${more}`);
  }
}

/** Only static entries: learning needs packets. */
function showStatics(work: Work): void {
  const { stack, one } = work;
  work.printed += one.statics
    .map(({ ether, member }) => {
      const port = stack.interfaces.find(({ id }) => id === member);
      return `${ether} Vlan1 ${port?.name ?? ''} 0 flags=1<STATIC>\n`;
    })
    .join('');
}

function enableIpv6({ machine, one }: Work): void {
  one.ifDisabled = false;
  addLinkLocal(machine, one);
}

function rename(work: Work, name: string): void {
  tried('ioctl SIOCSIFNAME (set name)', () => renameInterface(work.stack, work.one, name));
  work.printed = `${name}\n`;
}

function joinGroup({ one }: Work, group: string): void {
  if (/[0-9]$/.test(group)) throw new Refusal('setifgroup: group names may not end in a digit');
  if (!one.groups.includes(group)) one.groups.push(group);
}

/** A table that there is not is no failure. */
function setTable(work: Work, text: string): void {
  const fib = Number(text);
  if (fib >= 0 && fib < tablesOf(work.stack)) work.one.fib = fib;
  else work.warned += 'ifconfig: ioctl (SIOCSIFFIB): Invalid argument\n';
}

function destroy({ machine, jid, one }: Work): void {
  tried('SIOCIFDESTROY', () => destroyClone(machine.state, jid, one));
}

/** Renders a system call's error in the words of ifconfig. */
function tried(what: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new Refusal(`${what}: ${error.message}`);
  }
}
