#!/bin/bash
# Builds the executor's image, starts it with its own entry point at each isolation level, runs the contract
# suite against it and prints its size.
#   npm run image
# Wants root, buildah, podman and runc; where the registry cannot be reached, debootstrap too.
#   ENVIRONMENTS  which environments go in ("" for none; all by default)
#   LANGUAGES     which languages go in ("" for those of the system alone; the set core by default)
# With the defaults, what the image is built with is kept in src/wire/image-build.json.
#   IMAGE_WORK    folder for the stand-in base (default: a temporary one)
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in buildah podman runc; do
  if ! command -v "$tool" >/dev/null; then
    echo "The image is not built: $tool is not installed (Debian: apt-get install buildah podman runc)." >&2
    exit 1
  fi
done

base=docker.io/library/node:24-bookworm-slim
image=localhost/sandpiper-executor:latest
work=${IMAGE_WORK:-$(mktemp -d)}
mkdir -p "$work"
if ! buildah inspect --type image "$base" >/dev/null 2>&1 && ! timeout 60 buildah pull -q "$base" 2>/dev/null; then
  echo "The registry cannot be reached: making a base from Debian packages." >&2
  bash executor/image/make-base.sh "$base" "$work/base"
fi

# What it was built with is what it is tested with; the Dockerfile's own choice unless another was made.
chosen() { sed -n "s/^ARG $1=\"\(.*\)\"\$/\1/p" executor/Dockerfile; }
ENVIRONMENTS=${ENVIRONMENTS-$(chosen ENVIRONMENTS)}
LANGUAGES=${LANGUAGES-$(chosen LANGUAGES)}
buildah bud --isolation chroot --pull=false --layers=false \
  --build-arg "ENVIRONMENTS=$ENVIRONMENTS" --build-arg "LANGUAGES=$LANGUAGES" -f executor/Dockerfile -t "$image" .

join_port=${IMAGE_JOIN_PORT:-18787}
port=${IMAGE_PORT:-18788}
url=http://127.0.0.1:$port
container=
stop() {
  [ -n "$container" ] || return 0
  podman logs "$container" >>"$work/executor.log" 2>&1 || true
  podman rm -f -t 5 "$container" >/dev/null
  container=
}
trap stop EXIT

# Starts the image with its own entry point and runs the contract suite against it.
#   check LEVEL [OPTION...]
# An unconfined filter, because bubblewrap needs calls that a container engine's own denies; an unmasked /proc,
# because the kernel allows no new one beside a masked one (docker: systempaths=unconfined); and the limits
# that this engine wants to raise, lowered.
check() {
  local level=$1 health=
  shift
  container=$(podman --runtime runc run -d --pull=never --network host --security-opt seccomp=unconfined \
    --security-opt unmask=ALL --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@" \
    -e EXECUTOR_JOIN_URL="http://127.0.0.1:$join_port" -e EXECUTOR_STORAGE_ORIGINS="http://127.0.0.1:$join_port" \
    -e EXECUTOR_NAME=image -e EXECUTOR_PORT="$port" -e EXECUTOR_HOST=127.0.0.1 \
    -e EXECUTOR_MIN_ISOLATION="$level" "$image")
  for _ in $(seq 100); do
    if health=$(node -e "fetch('$url/health').then(r => r.text()).then(console.log)" 2>/dev/null); then break; fi
    sleep 0.2
  done
  echo "health: ${health:?the executor in the image did not start: $(podman logs "$container" 2>&1 | tail -n 5)}"
  IMAGE_EXECUTOR_URL=$url IMAGE_JOIN_PORT=$join_port IMAGE_ENVIRONMENTS=$ENVIRONMENTS IMAGE_LANGUAGES=$LANGUAGES \
    npx vitest run --project executor test/executor/image.test.ts
  stop
}

# As engines start a container: its cgroups are read-only, so jobs are limited and counted through /proc.
check 2
# With its cgroups writable.
check 1 --cgroupns host --volume /sys/fs/cgroup:/sys/fs/cgroup:rw

if [ "$ENVIRONMENTS|$LANGUAGES" = "$(chosen ENVIRONMENTS)|$(chosen LANGUAGES)" ]; then
  podman --runtime runc run --rm --pull=never --network none --entrypoint /usr/local/bin/node "$image" \
    /opt/executor/executor/image/describe-build.ts >"$work/image-build.json"
  cp "$work/image-build.json" src/wire/image-build.json
fi

echo "size: $(podman image inspect --format '{{.Size}}' "$image" | awk '{ printf "%.0f MB", $1 / 1e6 }')"
