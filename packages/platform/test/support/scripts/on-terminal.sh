#!/bin/sh
# klee-on-terminal RELAY SIZE FIFO COMMAND…
# Runs a command on a terminal.
. ../../../src/linux/scripts/functions/terminal.sh
run_on_terminal "$@"
