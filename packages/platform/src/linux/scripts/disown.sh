#!/bin/sh
# klee-disown MARK DIRECTORY
# Releases the mark of the firewall.
. ./functions/locked.sh
[ "$found" != "$2" ] || rm -f -- "$1"
