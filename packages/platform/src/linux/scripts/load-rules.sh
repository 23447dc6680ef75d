#!/bin/sh
# klee-load-rules
# Loads rules from its standard input, in a network namespace that is gone afterwards, and prints what the kernel made of them.
nft -f - && nft -j list ruleset
