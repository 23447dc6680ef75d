# Prints the size of a file, or 0 if it cannot be read.
size() {
  found=$(wc -c 2>/dev/null <"$1") || found=0
  echo "$((found))"
}
