# `put_hosts FILE TEXT` replaces klee's part of a hosts file. In place, because containers have these very files mounted, and
# only if something changes, because a program of the container may be writing, too. What is there is not cut before the
# new text is written: a full disk leaves the names that there were. The shell's own printf would not say what is full. It
# needs others.sh.
put_hosts() {
  rest=$(others "$1") || return
  [ -z "$rest" ] || set -- "$1" "$2$rest
"
  printf %s "$2" | cmp -s - "$1" && return
  printf %s "$2" | dd of="$1" conv=notrunc status=none || return
  dd if=/dev/null of="$1" bs=1 seek="$(printf %s "$2" | wc -c)" status=none
}
