/** Makes, changes and removes jails: jail(8). */
import { createJail, findJail, JailRefusal, removeJail, setAddresses } from '../kernel/jails.ts';
import { addMount } from '../kernel/mounts.ts';
import { DONE, failed, printed } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import type { Jail } from '../state.ts';
import { parseRequest } from './jail-request.ts';
import type { JailRequest } from './jail-request.ts';
import { ifconfig } from './ifconfig.ts';

const USAGE = `usage: jail [-dhilqv] [-J jid_file] [-u username] [-U username]
            -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] -[cmr] [jail]
       jail [-qv] [-f file] -[rR] ['*' | jail ...]
       jail [-dhilqv] [-J jid_file] [-u username] [-U username] [-n jailname] [-s securelevel]
            path hostname [ip[,...]] command ...`;

export function jail(machine: Machine, call: Call): Answer {
  const flags = new Set<string>();
  let position = 0;
  for (; /^-[a-zA-Z]+$/.test(call.args[position] ?? ''); position += 1) {
    for (const letter of call.args[position]?.slice(1) ?? '') flags.add(letter);
  }
  const words = call.args.slice(position);
  try {
    if (flags.has('r') || flags.has('R')) return remove(machine, words);
    if (flags.has('c') || flags.has('m')) return set(machine, flags, parseRequest(machine, words));
    return failed(USAGE, 1);
  } catch (error) {
    if (!(error instanceof JailRefusal)) throw error;
    return failed(`jail: ${error.message}`);
  }
}

/** '*' only means jails that jail.conf(5) names; other jails are left alone. */
function remove(machine: Machine, names: readonly string[]): Answer {
  const jails = names
    .filter((name) => name !== '*')
    .map((name) => {
      const found = findJail(machine.state, name);
      if (found === undefined) throw new JailRefusal(`"${name}" not found`);
      return found;
    });
  for (const found of jails) if (!found.dying) removeJail(machine, found);
  return DONE;
}

function set(machine: Machine, flags: ReadonlySet<string>, request: JailRequest): Answer {
  const wanted = request.jid === undefined ? request.name : String(request.jid);
  if (wanted === '' && !flags.has('c')) throw new JailRefusal('no jail specified');
  const found = wanted === '' ? undefined : findJail(machine.state, wanted);
  const living = found?.dying === true ? undefined : found;
  if (living === undefined && !flags.has('c')) throw new JailRefusal(`"${wanted}" not found`);
  if (living !== undefined && !flags.has('m')) throw new JailRefusal(`"${wanted}" already exists`);
  return living === undefined ? create(machine, flags, request) : modify(machine, living, request);
}

function create(machine: Machine, flags: ReadonlySet<string>, request: JailRequest): Answer {
  const { aliases, vnetInterfaces } = request;
  refuseNew(machine, request);
  for (const { interface: name, address } of aliases) {
    const family = address.includes(':') ? 'inet6' : 'inet';
    const refused = helper(machine, [name, family, address, 'alias']);
    if (refused !== undefined) return refused;
  }
  const made = createJail(machine, {
    name: request.name,
    path: request.path ?? '/',
    vnet: request.vnet === 'new',
    modes: {
      ipv4: modeOf(request, 'ip4', request.addresses.ipv4),
      ipv6: modeOf(request, 'ip6', request.addresses.ipv6),
    },
    addresses: {
      ipv4: [...(request.addresses.ipv4 ?? [])],
      ipv6: [...(request.addresses.ipv6 ?? [])],
    },
    parameters: request.parameters,
    ...jidOf(request),
  });
  for (const name of vnetInterfaces) {
    const refused = helper(machine, [name, 'vnet', made.name]);
    if (refused === undefined) continue;
    removeJail(machine, made);
    return refused;
  }
  if (request.mountDevfs) {
    addMount(machine.state, {
      source: 'devfs',
      target: `${made.path}/dev`,
      type: 'devfs',
      options: [],
    });
  }
  return flags.has('i') ? printed(`${made.jid}\n`) : DONE;
}

function jidOf({ jid, name }: JailRequest): { readonly jid?: number } {
  if (jid !== undefined) return { jid };
  return /^[1-9][0-9]*$/.test(name) ? { jid: Number(name) } : {};
}

/** `inherit` with a list of addresses is not `inherit`. */
function modeOf(
  { vnet, modes }: JailRequest,
  name: 'ip4' | 'ip6',
  addresses: readonly string[] | undefined,
): 'disable' | 'inherit' {
  if (vnet === 'new') return 'inherit';
  return modes[name] === 'inherit' && addresses === undefined ? 'inherit' : 'disable';
}

function refuseNew(machine: Machine, request: JailRequest): void {
  const { name, path, vnet, addresses, modes, aliases, persist } = request;
  const parent = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : undefined;
  if (parent !== undefined && findJail(machine.state, parent) === undefined) {
    throw new JailRefusal(`jail "${parent}" not found`);
  }
  if (path !== undefined && !machine.exists(path)) {
    throw new JailRefusal(`path ${path}: No such file or directory`);
  }
  const restricted =
    Object.keys(modes).length > 0 || addresses.ipv4 !== undefined || addresses.ipv6 !== undefined;
  if (vnet === 'new' && (restricted || aliases.length > 0)) throw new JailRefusal(RESTRICTED_VNET);
  if (!persist) throw new JailRefusal('new jail must persist or attach');
}

const RESTRICTED_VNET = 'vnet jails cannot have IP address restrictions';

/** What jail(8) starts ifconfig(8) for. */
function helper(machine: Machine, args: readonly string[]): Answer | undefined {
  const answer = ifconfig(machine, { args, input: '', jail: undefined });
  if (answer.status === 0) return undefined;
  return failed(`${answer.stderr}jail: /sbin/ifconfig ${args.join(' ')}: failed`);
}

function modify(machine: Machine, living: Jail, request: JailRequest): Answer {
  const { state } = machine;
  const { modes, addresses } = request;
  for (const [name, family] of [
    ['ip4', 'ipv4'],
    ['ip6', 'ipv6'],
  ] as const) {
    const wanted = modes[name];
    if (wanted !== undefined && wanted !== living.modes[family]) throw fixed(name);
  }
  if (request.vnet !== undefined && request.vnet !== (living.vnet ? 'new' : 'inherit'))
    throw fixed('vnet');
  if (request.path !== undefined && request.path !== living.path) throw fixed('path');
  if (living.vnet && (addresses.ipv4 ?? addresses.ipv6) !== undefined) {
    throw new JailRefusal(RESTRICTED_VNET);
  }
  for (const family of ['ipv4', 'ipv6'] as const) {
    const list = addresses[family];
    if (list !== undefined) setAddresses(state, living, family, list);
  }
  if (request.jid !== undefined && request.name !== '') living.name = request.name;
  Object.assign(living.parameters, request.parameters);
  return DONE;
}

function fixed(name: string): JailRefusal {
  return new JailRefusal(`${name} cannot be changed after creation`);
}
