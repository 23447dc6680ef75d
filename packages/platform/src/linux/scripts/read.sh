#!/bin/sh
# klee-read ROOT DIRECTORY NAME LIMIT
# Reads a file. A program of the container may have put a link in the way since the path
# was resolved: the shell looks where it has come to, and nothing below that is followed, or waited for. Status 3 says that
# the file is not there any more; a file that is there and cannot be read is a failure.
root=$(cd -P -- "$1" && pwd -P) || exit
cd -P -- "$1/$2" || exit 3
case $(pwd -P)/ in "$root/"*) ;; *) exit 3 ;; esac
dd "if=./$3" iflag=nofollow,nonblock,count_bytes bs=64K "count=$4" status=none && exit
[ -f "./$3" ] && [ ! -L "./$3" ] || exit 3
exit 1
