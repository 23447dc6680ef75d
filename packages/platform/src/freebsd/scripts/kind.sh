#!/bin/sh
# klee-kind PATH
# Prints the type of a path on the host; links are followed.
if [ -d "$1" ]; then echo directory
elif [ -f "$1" ]; then echo file
elif [ -e "$1" ]; then echo other
fi
