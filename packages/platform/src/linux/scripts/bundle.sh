#!/bin/sh
# klee-bundle BUNDLE
# Makes the bundle's files; the OCI configuration comes on standard input.
mkfifo "$1/life" && cat >"$1/config.json"
