# Prints the foreign part of a hosts file, up to 1 MiB. If the end marker is lost, klee's part extends to the end of the file, so
# that no stale name stays.
others() {
  [ ! -f "$1" ] || head -c 1048576 "$1" | sed '/^# klee: begin/,/^# klee: end/d'
}
