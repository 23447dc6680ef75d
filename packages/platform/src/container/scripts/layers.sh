#!/bin/sh
# klee-layers COMMAND…
# Says what is in an archive whose names a command of tar(1) lists.
. ./functions/classify.sh
"$@" 2>/dev/null | classify
