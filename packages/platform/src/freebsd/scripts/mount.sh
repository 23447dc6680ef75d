#!/bin/sh
# klee-mount SOURCE ROOT PATH COMMAND…
# Mounts, and verifies the place: processes that share a directory could have moved it meanwhile.
source=$1
shift
[ -z "$source" ] || [ -d "$source" ] || { echo "klee: $source is not a directory of the host" >&2; exit 1; }
. ./functions/directory.sh
"$@" || exit
real=$(cd "$root" && pwd -P) || exit
case $(mount) in
  *" on $real$inside ("*) ;;
  *) echo "klee: $inside of the container was moved while it was mounted on: see mount(8)" >&2; exit 1 ;;
esac
