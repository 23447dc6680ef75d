#!/bin/sh
# klee-storage DIRECTORY
# The upper layer's mode is that of the container's root directory; everything else is private.
. ../../container/scripts/functions/others.sh
. ./functions/put-hosts.sh
umask 022
mkdir -p "${1%/*}" || exit
[ -d "$1" ] || mkdir -m 0700 "$1" || exit
mkdir -p "$1/upper" "$1/work" && : >>"$1/log" && : >>"$1/hosts" || exit
# Without klee's mark it is from a version that wrote all of it: its names would stay for ever.
grep -q '^# klee: begin' "$1/hosts" || : >"$1/hosts"
text=$(cat && echo .) || exit
put_hosts "$1/hosts" "${text%.}"
