#!/usr/bin/env bash
# Installs the real clients that the interop suites drive: from Debian, and from Go's modules where there is a Go. Does nothing when all are there.
set -euo pipefail
packages=(chromium chromium-driver docker.io notary docker-registry skopeo podman buildah debootstrap iproute2 openssl ca-certificates
  postgresql haproxy ceph-mon ceph-osd ceph-common radosgw)
programs=(chromium chromedriver node npm /usr/bin/docker /usr/sbin/dockerd notary notary-server docker-registry skopeo podman buildah ctr debootstrap ip
  openssl psql /usr/sbin/haproxy ceph-mon ceph-osd ceph radosgw radosgw-admin)
here=$(cd "$(dirname "$0")" && pwd)
# outside the tree: what is not Debian's
cache="${XDG_CACHE_HOME:-$HOME/.cache}/inkan-interop"
# the identity provider that single sign-on is tried with
provider() {
  local folder="$cache/identity-provider"
  [ -d "$folder/node_modules" ] && cmp -s "$here/identity_provider/package-lock.json" "$folder/package-lock.json" && return
  mkdir -p "$folder"
  cp "$here"/identity_provider/package*.json "$folder/"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund >/dev/null)
}
# the clients that Debian has not, each in a folder of its name and version; Go checks what it loads against the checksum database
go_clients() {
  local go name module version package folder deadline=$((SECONDS + 900))
  if ! go=$(command -v go || command -v /usr/local/go/bin/go); then
    echo "interop: no Go is installed: the suites of $(cut -d' ' -f1 "$here/go_clients.txt" | paste -sd' ') will be skipped" >&2
    return
  fi
  while read -r name module version package; do
    folder="$cache/go/$name@$version"
    [ -x "$folder/$name" ] && continue
    echo "interop: building $name $version" >&2
    mkdir -p "$folder"
    # a module that demands this very version and no newer one of anything. All of them take two idle cores some five minutes; what is not there in time
    # is missed by its own suite
    printf 'module client\n\ngo 1.24\n\nrequire %s %s\n' "$module" "$version" >"$folder/go.mod"
    (cd "$folder" && timeout "$((deadline > SECONDS ? deadline - SECONDS : 1))" "$go" build -mod=mod -trimpath -ldflags=-s -o "$name" "$module/$package" 2>build.log) || tail -5 "$folder/build.log" >&2
  done <"$here/go_clients.txt"
}
# Node.js may be there from elsewhere, and then conflicts with Debian's npm
command -v npm >/dev/null || packages+=(nodejs npm)
missing=()
for program in "${programs[@]}"; do command -v "$program" >/dev/null || missing+=("$program"); done
if [ ${#missing[@]} -eq 0 ]; then
  provider
  go_clients
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "interop: missing ${missing[*]}; install as root: apt-get install ${packages[*]}" >&2
  exit 1
fi
echo "interop: installing ${packages[*]}" >&2
# the packages bring services; none of them is to start by itself
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null
provider
go_clients
