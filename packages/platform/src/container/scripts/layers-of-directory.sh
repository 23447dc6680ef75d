#!/bin/sh
# klee-layers-of-directory DIRECTORY
# Says what is in a directory, given by its absolute path.
. ./functions/classify.sh
cd "$1" && find . -maxdepth 2 | classify
