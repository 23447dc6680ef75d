#!/bin/sh
# klee-disown MARK DIRECTORY
# Releases the mark of the firewall.
[ "$(cat "$1" 2>/dev/null)" != "$2" ] || rm -f "$1"
