#!/bin/sh
# klee-missing-tools PROGRAM…
# Prints those of its arguments that are not programs.
for tool do command -v "$tool" >/dev/null || echo "$tool"; done
