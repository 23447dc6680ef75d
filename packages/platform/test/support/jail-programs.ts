/**
 * Stand-ins for the programs of FreeBSD that scripts of ours call, for a Linux machine: a jail is a file, and its
 * processes are those that have its name in their environment. What they print is what a FreeBSD 13.2 host printed.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { standInHost } from './stand-ins.ts';
import type { StandInHost } from './stand-ins.ts';

export interface JailHost extends StandInHost {
  createJail(name: string): void;
  removeJail(name: string): void;
}

/** A host whose `sh` is the given program. */
export function jailHost(shell: string): JailHost {
  const host = standInHost(shell);
  const jails = join(host.directory, 'jails');
  mkdirSync(jails);
  const program: JailHost['program'] = (name, text) =>
    host.program(name, text === undefined ? undefined : `jails=${jails}\n${text}`);
  for (const [name, text] of Object.entries(PROGRAMS)) program(name, text);
  return {
    ...host,
    createJail: (name) => writeFileSync(join(jails, name), ''),
    removeJail: (name) => rmSync(join(jails, name)),
    program,
  };
}

/** A mount is a line of a table; umount(8) takes the line that fits away. */
const MOUNTS = 'table="$jails/../mounts"; [ -e "$table" ] || : >"$table"';

const IN_JAIL = 'in_jail() { grep -lsz "^FAKE_JAIL=$1$" /proc/[0-9]*/environ | cut -d/ -f3; }';

const PROGRAMS: Readonly<Record<string, string>> = {
  jexec: `
user=
[ "$1" != -U ] || { user=$2; shift 2; }
jail=$1
shift
[ -e "$jails/$jail" ] || { echo "jexec: jail \\"$jail\\" not found" >&2; exit 1; }
case $user in nobody-such) echo "jexec: $user: no such user" >&2; exit 1 ;; esac
command -v "$1" >/dev/null || { echo "jexec: execvp: $1: No such file or directory" >&2; exit 1; }
[ -z "$user" ] || export USER="$user"
export FAKE_JAIL="$jail"
exec "$@"
`,
  jls: `
[ -e "$jails/$2" ] || { echo "jls: jail \\"$2\\" not found" >&2; exit 1; }
echo "$2"
`,
  ps: `
${IN_JAIL}
case "$*" in
  '-J '*)
    [ -e "$jails/$2" ] || { echo "ps: Invalid jail id: $2" >&2; exit 1; }
    in_jail "$2"
    ;;
  '-ww -p '*' -o args=')
    # Words may have been shifted away by a shell: none of them is shown.
    tr '\\n\\0' '?\\n' <"/proc/$3/cmdline" 2>/dev/null | head -n 4 | tr '\\n' ' ' | cut -c 1-2048
    ;;
  *) exec /bin/ps "$@" ;;
esac
`,
  pkill: `
${IN_JAIL}
pids=$(in_jail "$3")
[ -n "$pids" ] || exit 1
kill -s "\${1#-}" $pids
`,
  mount: `
${MOUNTS}
[ $# -gt 0 ] && [ "$1" != -v ] || { cat "$table"; exit; }
type=$2
shift 2
[ "$1" != -o ] || shift 2
[ -d "$2" ] || { echo "mount_$type: $2: No such file or directory" >&2; exit 1; }
[ "$type" != devfs ] || [ ! -e "$jails/../devices" ] || cp "$jails/../devices"/* "$2/"
real=$(cd "$2" && pwd -P)
echo "$1 on $real ($type)" >>"$table"
`,
  umount: `
${MOUNTS}
grep -qF " on $1 (" "$table" || { echo "umount: $1: not a file system root directory" >&2; exit 1; }
rest=$(grep -vF " on $1 (" "$table")
printf '%s\\n' "$rest" >"$table"
`,
  chflags: 'echo "chflags $*" >>"$jails/../chflags"',
  daemon: `
[ "$1" = -f ] || { echo 'usage: daemon' >&2; exit 1; }
shift
setsid "$@" </dev/null >/dev/null 2>&1 &
`,
};
