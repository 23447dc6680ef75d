#!/bin/sh
# klee-resolver FILE
# Writes the resolv.conf of a container, world-readable for its users.
umask 022 && cat >"$1"
