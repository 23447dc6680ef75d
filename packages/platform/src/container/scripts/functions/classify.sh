# Reads names, one a line, from its standard input, and prints their kind: nothing as soon as a name is a directory that
# every system has. The files are those of the OCI image layout and of the archives that docker-save(1), podman-save(1)
# and skopeo(1) write.
classify() {
  awk '
    { sub(/^(\.?\/)+/, ""); sub(/\/+$/, "") }
    /^(bin|boot|dev|etc|lib|lib64|libexec|opt|proc|rescue|root|sbin|sys|usr|var)(\/|$)/ { whole = 1; exit }
    $0 == "oci-layout" { layout = 1 }
    $0 == "manifest.json" || $0 == "repositories" { manifest = 1 }
    $0 == "index.json" { listed = 1 }
    /^blobs\/sha[0-9]+(\/|$)/ { blobs = 1 }
    /(^|\/)layer\.tar$/ { layer = 1 }
    length($0) >= 64 && /^(sha256:)?[0-9a-f]+(\.tar(\.gz)?)?$/ { layer = 1 }
    $0 == "config.json" || $0 == "metadata.yaml" { config = 1 }
    /^rootfs(\/|$)/ { rootfs = 1 }
    END {
      if (whole) exit
      if (layout && (listed || blobs)) print "oci"
      else if (manifest && (layer || blobs)) print "docker"
      else if (config && rootfs) print "bundle"
    }'
}
