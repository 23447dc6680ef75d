#!/bin/sh
# klee-write FILE
# Writes its standard input.
cat >"$1"
