#!/bin/bash
# Serves on loopback, where everything may be open, and passes on what comes to the container's own address. The
# port is the same on both, so that presigned URLs, which name 127.0.0.1, hold on the machine that publishes it.
set -euo pipefail
port=${SANDPIPER_PORT:-8787}
address=${SANDPIPER_LISTEN:-$(hostname -i | cut -d' ' -f1)}
if [ "$address" != 127.0.0.1 ]; then
  socat "TCP-LISTEN:$port,bind=$address,fork,reuseaddr" "TCP:127.0.0.1:$port" &
fi
exec node scripts/start.ts --port "$port" --state /data "$@"
