#!/bin/sh
# klee-await FIFO
# Waits until a foreground run says that it has started; fails when it ends before.
read -r _ <"$1"
