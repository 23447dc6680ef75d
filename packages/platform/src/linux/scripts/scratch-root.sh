#!/bin/sh
# klee-scratch-root SCRATCH ROOTFS OVERLAY_OPTIONS
# Mounts a throw-away layer over the host's own files.
mount -t tmpfs -o mode=0700,nodev,nosuid kleenet "$1" &&
  mkdir -m 0755 "$1/upper" "$1/work" &&
  exec mount -t overlay -o "$3,upperdir=$1/upper,workdir=$1/work" kleenet "$2"
