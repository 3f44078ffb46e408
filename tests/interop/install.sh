#!/usr/bin/env bash
# Installs the real clients that the interop suites drive, from Debian. Does nothing when all are there.
set -euo pipefail
packages=(chromium chromium-driver docker.io notary docker-registry skopeo podman debootstrap iproute2 openssl ca-certificates
  postgresql haproxy ceph-mon ceph-osd ceph-common radosgw)
programs=(chromium chromedriver node npm /usr/bin/docker /usr/sbin/dockerd notary notary-server docker-registry skopeo podman ctr debootstrap ip openssl
  psql /usr/sbin/haproxy ceph-mon ceph-osd ceph radosgw radosgw-admin)
# the identity provider that single sign-on is tried with, outside the tree
here=$(cd "$(dirname "$0")" && pwd)
provider() {
  local folder="${XDG_CACHE_HOME:-$HOME/.cache}/inkan-interop/identity-provider"
  [ -d "$folder/node_modules" ] && cmp -s "$here/identity_provider/package-lock.json" "$folder/package-lock.json" && return
  mkdir -p "$folder"
  cp "$here"/identity_provider/package*.json "$folder/"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund >/dev/null)
}
# Node.js may be there from elsewhere, and then conflicts with Debian's npm
command -v npm >/dev/null || packages+=(nodejs npm)
missing=()
for program in "${programs[@]}"; do command -v "$program" >/dev/null || missing+=("$program"); done
if [ ${#missing[@]} -eq 0 ]; then
  provider
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
