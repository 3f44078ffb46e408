#!/bin/sh
# Signs an image that was pushed: by our own content trust, and by cosign where it is installed. Whoever has either can verify it.
#   deploy/release/sign-image.sh registry.example.com/inkan/inkan:0.1.0
# The passphrases come by DOCKER_CONTENT_TRUST_…_PASSPHRASE; cosign's key by COSIGN_KEY (a file or a KMS address) and COSIGN_PASSWORD.
set -eu
image=$1
inkan trust sign "$image"
digest=$(inkan trust verify "$image")
if ! command -v cosign >/dev/null; then
  echo "cosign is not installed: signed by content trust alone" >&2
  exit 0
fi
# the digest is the one that was just verified, not whatever the tag names by now; and nobody's log is told of a private registry's images
alone=$(mktemp)
trap 'rm -f "$alone"' EXIT
cosign signing-config create --out "$alone"
cosign sign --yes --key "$COSIGN_KEY" --signing-config "$alone" "${image%:*}@$digest"
