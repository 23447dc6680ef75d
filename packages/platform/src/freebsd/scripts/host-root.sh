#!/bin/sh
# klee-host-root ROOT PROGRAMS CONFIGURATION [SOURCE TARGET]…
# Makes the root file system, and mounts the pairs of the further words, read-only. Leftovers of an earlier boot are
# removed first: no process runs in them and nothing is mounted there, but a container may have changed them, so they
# are not trusted.
root=$1 programs=$2 configuration=$3
shift 3
umask 022
if [ -e "$root" ]; then
  rm -rf "$root" 2>/dev/null || { chflags -R 0 "$root" && rm -rf "$root"; } || exit
fi
mkdir -m 0755 "$root" || exit
cd "$root" || exit
mkdir dev etc etc/ssl home media mnt proc var || exit
mkdir -m 0700 root || exit
mkdir -m 1777 tmp var/tmp || exit
for name in cache crash db empty log mail run spool; do mkdir "var/$name" || exit; done
for name in $programs; do
  if [ -L "/$name" ]; then cp -RP "/$name" "$name"
  elif [ -d "/$name" ]; then mkdir "$name"
  fi || exit
done
for name in $configuration; do
  [ ! -f "/etc/$name" ] || cp "/etc/$name" "etc/$name" || exit
done
while [ $# -gt 1 ]; do
  mount -t nullfs -o ro "$1" "$2" || exit
  shift 2
done
