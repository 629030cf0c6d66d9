#!/bin/bash
# Builds the service's image, starts it, and runs the end-to-end contract of the runs face against it.
#   npm run image:service
# Wants root, buildah, podman and runc; where the registry cannot be reached, debootstrap too.
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in buildah podman runc; do
  if ! command -v "$tool" >/dev/null; then
    echo "The image is not built: $tool is not installed (Debian: apt-get install buildah podman runc)." >&2
    exit 1
  fi
done

base=docker.io/library/node:24-bookworm-slim
image=localhost/sandpiper:latest
work=${IMAGE_WORK:-$(mktemp -d)}
if ! buildah inspect --type image "$base" >/dev/null 2>&1 && ! timeout 60 buildah pull -q "$base" 2>/dev/null; then
  echo "The registry cannot be reached: making a base from Debian packages." >&2
  bash executor/image/make-base.sh "$base" "$work/base"
fi
buildah bud --isolation chroot --pull=false --layers=false \
  --ignorefile scripts/service-image/Dockerfile.dockerignore \
  -f scripts/service-image/Dockerfile -t "$image" .

port=${IMAGE_PORT:-18790}
container=$(podman --runtime runc run -d --pull=never --network host --cap-add SYS_ADMIN,NET_ADMIN \
  --security-opt seccomp=unconfined --security-opt unmask=ALL \
  --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 -e SANDPIPER_PORT="$port" -e SANDPIPER_LISTEN=127.0.0.1 "$image")
stop() {
  podman logs "$container" >"$work/service.log" 2>&1 || true
  podman rm -f -t 20 "$container" >/dev/null
}
trap stop EXIT
for _ in $(seq 240); do
  if node -e "fetch('http://127.0.0.1:$port/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"; then
    ready=yes
    break
  fi
  sleep 0.5
done
echo "ready: ${ready:?the service in the image did not become ready: $(podman logs "$container" 2>&1 | tail -n 8)}"
SANDPIPER_E2E_URL="http://127.0.0.1:$port" npx vitest run --project e2e test/e2e/{http,errors,control,live,names,archives}.test.ts
echo "size: $(podman image inspect --format '{{.Size}}' "$image" | awk '{ printf "%.0f MB", $1 / 1e6 }')"
