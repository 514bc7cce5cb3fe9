#!/bin/sh
# Install the mock server of `make check-peers` below the folder that $1 names.
set -eu
need="Node 20.15 or newer, with npm (Debian 12 ships 18; https://nodejs.org has packages)"
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo "check-peers: needs $need; there is none in PATH" >&2
	exit 1
fi
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
	process.exit(a > 20 || (a === 20 && b >= 15) ? 0 : 1)'; then
	echo "check-peers: needs $need; this is $(node --version)" >&2
	exit 1
fi
mkdir -p "$1"
npm install --prefix "$1" --no-audit --no-fund --loglevel=error @copilotkit/aimock@1.43.0
