#!/bin/sh
# klee-mounts DIRECTORY
# Prints the real path of a directory, as used in the mount table, and the table. Prints nothing for a missing
# directory.
cd "$1" 2>/dev/null || exit 0
pwd -P
exec mount -v
