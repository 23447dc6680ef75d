#!/bin/sh
# klee-owner MARK
# Prints which state directory has the firewall.
[ ! -e "$1" ] || cat "$1"
