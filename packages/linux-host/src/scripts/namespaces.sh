#!/bin/sh
# klee-namespaces COMMAND [ARGUMENT…]
# Runs a command in network and mount namespaces of its own, which are removed with it: without root, in a user namespace.
# The command finds no interface but `lo`, no named namespace and no rule of a firewall.

set -eu
[ $# -gt 0 ] || {
  echo 'usage: kleenet-namespaces COMMAND [ARGUMENT…]' >&2
  exit 2
}
user='--user --map-root-user'
if [ "$(id -u)" = 0 ] && unshare --net --mount true 2>/dev/null; then user=; fi

# The text is for the shell in the namespaces.
# shellcheck disable=SC2016,SC2086
exec unshare $user --net --mount --propagation private -- sh -c '
  set -e
  # An empty /run/netns, which a user cannot make there, and all else of /run as it is, but for notes about mounts.
  run=$(mktemp -d)
  mount -t tmpfs -o mode=755 tmpfs "$run"
  for old in /run/*; do
    [ -d "$old" ] && [ ! -L "$old" ] || continue
    new=$run/${old##*/}
    mkdir "$new"
    case $new in */netns | */kleenet | */mount) continue ;; esac
    mount --rbind "$old" "$new" 2>/dev/null || rmdir "$new"
  done
  mkdir -p "$run/netns" "$run/kleenet"
  mount --move "$run" /run
  rmdir "$run"
  # /sys shows the network namespace that mounted it.
  mount -t sysfs sysfs /sys
  # A new network stack has the settings of the host for IPv4.
  echo 0 >/proc/sys/net/ipv4/ip_forward
  ip link set dev lo up
  readlink /proc/self/ns/net >/run/kleenet-test-host
  exec "$@"
' klee-namespaces "$@"
