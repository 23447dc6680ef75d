#!/bin/sh
# klee-mount-devfs SOURCE ROOT PATH COMMAND…
# Mounts devfs, and refuses devices that a jail must not have. A host without loaded devfs rules shows them all.
. ./mount.sh
for device in "$path"/*; do
  case ${device##*/} in
    mem | kmem | io | pci | mdctl | devctl* | geom* | xpt* | pass[0-9]* | ada[0-9]* | da[0-9]* | nda[0-9]* | \
      nvd[0-9]* | nvme[0-9]* | vtbd[0-9]* | md[0-9]* | cd[0-9]* | ad[0-9]* | mmcsd[0-9]*)
      umount "$path"
      echo "klee: the rules of devfs do not hide ${device##*/} from jails" >&2
      exit 1
      ;;
  esac
done
