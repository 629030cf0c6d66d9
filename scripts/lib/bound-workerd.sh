#!/bin/sh
# Miniflare takes one path for the runtime, so the commands that go in front of it live here.
exec setpriv --pdeathsig KILL -- setsid -- "$(dirname "$0")/../../node_modules/workerd/bin/workerd" "$@"
