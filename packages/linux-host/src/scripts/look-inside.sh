#!/bin/sh
# klee-look-inside
# The same, and then the settings, as FILE:VALUE: klee's own process sees those of another network namespace.

. ./look.sh
grep -s . /proc/sys/net/ipv4/conf/*/* /proc/sys/net/ipv6/conf/*/* /sys/class/net/*/addr_assign_type || :
