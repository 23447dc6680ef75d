#!/bin/sh
# klee-enter PIDFILE COUNT WORD… [VARIABLE=VALUE…]
# Becomes a command in a jail, with an environment that has nothing of the host's. jexec(8) is looked for before the
# container's PATH is set, which would find programs of the host that the container's user thinks of.
pid=$1 count=$2
shift 2
jexec=$(command -v jexec) || { echo 'klee: the program jexec is not installed' >&2; exit 127; }
set -- "$@" "$jexec"
while [ "$count" -gt 0 ]; do
  set -- "$@" "$1"
  shift
  count=$((count - 1))
done
[ -z "$pid" ] || echo $$ >"$pid" || exit 125
exec env -i -- "$@"
