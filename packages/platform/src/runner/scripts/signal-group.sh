#!/bin/sh
# klee-signal-group SIGNAL GROUP
# Signals every process of a group.
kill -s "$1" -- "-$2"
