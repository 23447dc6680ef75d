#!/bin/sh
# klee-put-file FILE
# Writes a file of a bundle from standard input. A container's users can read the ones that are shown to them.
umask 022 && cat >"$1"
