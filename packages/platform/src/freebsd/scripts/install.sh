#!/bin/sh
# klee-install ROOT HOSTS
# Puts files of the host in place of the container's, as new files. Of a hosts file that has klee's part already, what
# programs of the container have written stays. A loopback address of the host is the container's own inside, where
# nothing answers: servers of names at one are left out, but for a container on the host's stack.
resolvers() {
  if [ -z "$hosts" ]; then cat "$1"; else reachable "$1"; fi
}
reachable() {
  sed -e '/^[[:space:]]*nameserver[[:space:]]*127\./d' -e '/^[[:space:]]*nameserver[[:space:]]*[0:]*:[fF]*:127\./d' \
    -e '/^[[:space:]]*nameserver[[:space:]]*[0:]*:0*1[[:space:]]/d' -e '/^[[:space:]]*nameserver[[:space:]]*[0:]*:0*1$/d' "$1"
}
servers() { sed -n '/^[[:space:]]*nameserver/p' "$@"; }
. ../../container/scripts/functions/others.sh
hosts=$2 kept=
set -- "$1" etc
. ./functions/directory.sh
umask 022
set -C
if [ -n "$hosts" ] && [ ! -L "$path/hosts" ] && [ -f "$path/hosts" ] && grep -q '^# klee: begin' "$path/hosts"; then
  kept=$(others "$path/hosts")
fi
place() {
  [ -f "$1" ] || return 0
  [ -L "$path/$2" ] || [ ! -d "$path/$2" ] || {
    echo "klee: /etc/$2 in the container is a directory" >&2
    return 1
  }
  rm -f "$path/$2" || return
  if [ "$2" = resolv.conf ]; then resolvers "$1"; else cat "$1"; fi >"$path/$2"
}
[ -z "$hosts" ] || place "$hosts" hosts || exit
[ -z "$kept" ] || printf '%s\n' "$kept" >>"$path/hosts" || exit
place /etc/resolv.conf resolv.conf || exit
if [ -f /etc/resolv.conf ] && [ -n "$(servers /etc/resolv.conf)" ] && [ -z "$(resolvers /etc/resolv.conf | servers)" ]; then
  echo 'klee: no resolver'
fi
exit 0
