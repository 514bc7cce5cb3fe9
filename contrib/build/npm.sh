#!/bin/sh
# npm.sh FROM TO: what the lock file in the folder FROM names, installed into TO
# beside a copy of FROM's files. For targets that are run by hand.
set -eu
need="Node 20.15 or newer, with npm (Debian 12 ships 18; https://nodejs.org has packages)"
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo "this needs $need; there is none in PATH" >&2
	exit 1
fi
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
	process.exit(a > 20 || (a === 20 && b >= 15) ? 0 : 1)'; then
	echo "this needs $need; this is $(node --version)" >&2
	exit 1
fi
mkdir -p "$2"
cp "$1"/* "$2"
npm ci --prefix "$2" --ignore-scripts --no-audit --no-fund --loglevel=error
