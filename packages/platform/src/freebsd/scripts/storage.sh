#!/bin/sh
# klee-storage DIRECTORY IMAGE
# Makes the files that a container keeps between runs. An incomplete copy of the image is made again: the next klee process
# has the container's lock. Leftovers of runs of an earlier boot are removed.
dir=$1 image=$2
umask 022
. ./functions/copy.sh
mkdir -p "${dir%/*}" || exit
[ -d "$dir" ] || mkdir -m 0700 "$dir" || exit
mkdir -p "$dir/empty" && : >>"$dir/log" && cat >"$dir/hosts" || exit
rm -rf "$dir"/run-* || exit
[ -n "$image" ] && [ ! -e "$dir/copied" ] || exit 0
if [ -e "$dir/rootfs" ]; then
  rm -rf "$dir/rootfs" 2>/dev/null || { chflags -R 0 "$dir/rootfs" && rm -rf "$dir/rootfs"; } || exit
fi
mkdir -m 0755 "$dir/rootfs" && copy "$image" "$dir/rootfs" && : >"$dir/copied"
