#!/bin/sh
# Starts the CLI with the pinned Node of this checkout, whatever Node the machine has. npx calls it through links.
here=$(dirname "$(readlink -f "$0")")
node="$here/../../node_modules/.bin/node"
if [ ! -x "$node" ]; then
  echo 'greif: this checkout is not installed yet: run "npm ci" in it first ("npm start" does it too)' >&2
  exit 2
fi
exec "$node" "$here/main.ts" "$@"
