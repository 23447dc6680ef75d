#!/bin/sh
# klee-run-marked SCRIPT WORD…
# Runs the text that comes as the first word, with the words behind it.
script=$1; shift; eval "$script"
