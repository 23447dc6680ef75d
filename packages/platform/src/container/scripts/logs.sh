#!/bin/sh
# klee-logs LOG LINES
# Prints the log of a container.
. ./functions/size.sh
. ./functions/print-log.sh
log=$1 lines=$2
print_log
