#!/bin/sh
# klee-copy FROM TO
# Copies a directory into another one.
. ./functions/copy.sh
copy "$1" "$2"
