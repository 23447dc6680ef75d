#!/bin/sh
# klee-own MARK DIRECTORY FREE
# Takes the mark of the firewall if it is unchanged; prints its owner otherwise.
. ./functions/locked.sh
[ "$found" = "$2" ] || [ "$found" = "$3" ] || { printf %s "$found"; exit 0; }
printf %s "$2" >"$1.new" && mv -- "$1.new" "$1"
