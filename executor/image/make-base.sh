#!/bin/bash
# Makes a stand-in for the image's base from Debian packages and this machine's node, for machines that
# reach no registry. It carries the base's own name, so that the Dockerfile is built as it is.
#   make-base.sh NAME FOLDER
set -euo pipefail
name=$1
folder=$2
node=$(node -p 'process.execPath')
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")

# An unfinished folder may still have the machine's /proc mounted in it, so none is ever removed here.
if [ ! -e "$folder/.complete" ]; then
  if [ -e "$folder" ]; then
    echo "$folder is there and incomplete: unmount what is mounted in it and remove it." >&2
    exit 1
  fi
  debootstrap --variant=minbase --include=ca-certificates bookworm "$folder"
  touch "$folder/.complete"
fi
# Packages come from where this machine gets its own.
rm -f "$folder/etc/apt/sources.list"
cp /etc/apt/sources.list.d/debian.sources "$folder/etc/apt/sources.list.d/"
rm -rf "$folder"/var/cache/apt/archives/*.deb "$folder"/usr/share/{doc,man,locale}/*
mkdir -p "$folder/usr/local/lib/node_modules"
cp "$node" "$folder/usr/local/bin/node"
cp -r "$npm" "$folder/usr/local/lib/node_modules/npm"
ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$folder/usr/local/bin/npm"
# The machine's own certificates: a build may have to go through a proxy that has one.
cp /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/ca-certificates.crt"

container=$(buildah from scratch)
buildah copy -q "$container" "$folder" / >/dev/null
buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$container"
buildah commit -q "$container" "$name" >/dev/null
buildah rm "$container" >/dev/null
