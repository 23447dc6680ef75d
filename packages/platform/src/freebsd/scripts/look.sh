#!/bin/sh
# klee-look NAME…
# Prints which of these directories the host has, as real directories, not links.
for name; do
  [ -L "/$name" ] || [ ! -d "/$name" ] || echo "$name"
done
