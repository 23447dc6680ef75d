#!/bin/sh
# klee-storage DIRECTORY IMAGE
# Makes what a container keeps between runs. A copy of the image that was not completed is begun anew: whoever comes
# first after that has the container's lock. What runs of an earlier boot have left goes away.
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
