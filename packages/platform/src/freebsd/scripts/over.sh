#!/bin/sh
# klee-over DIRECTORY
# Prints which runs are over, as `CONTAINER/RUN`, of all whose directories lie below a directory.
cd "$1" 2>/dev/null || exit 0
for over in */run-*/over; do
  [ ! -e "$over" ] || echo "${over%/over}"
done
