#!/bin/sh
# klee-look DATA_DIRECTORY SHOWN SECRET…
# Prints what there is, each as its type, a space and its path, with a NUL after it: the directories in `/` and
# `/var`, those of the given paths that exist, and what there, of the configuration and of what no package manager has
# put there not everyone may read, or is a socket or FIFO, behind which a program of the host may answer. All of `/usr`
# would take a second of a processor. What is to be shown again has `+` for a type. A find(1)
# that cannot print so would find nothing to cover: then nothing may be shown at all.
find / -maxdepth 0 -printf '' || exit
data=$(readlink -f -- "$1") || data=$1
shown=$2
shift 2
find / /var -mindepth 1 -maxdepth 1 \( -type d -o ! -type l ! -perm -004 \) -printf '%y %p\0'
find "$data" "$@" -maxdepth 0 ! -type l -printf '%y %p\0'
find "$shown" -maxdepth 0 -type d -printf '+ %p\0'
find /etc /opt /usr/local -xdev \( -type d ! -perm -001 -prune -o ! -type d ! -type l ! -perm -004 -o -type s -o -type p \) \
  -printf '%y %p\0'
exit 0
