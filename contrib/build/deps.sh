#!/bin/sh
# Install the Debian packages that are missing, through sudo when not root.
#   deps.sh build   to build and run the demo
#   deps.sh check   also what the tests need
#   deps.sh all     also what check-all needs
set -eu

build="gcc make pkg-config libc6-dev libjansson-dev libsqlite3-dev libssl-dev
	libmicrohttpd-dev libgnutls28-dev libgmime-3.0-dev libyaml-dev libpsl-dev libidn2-dev
	libcurl4-gnutls-dev libetpan-dev libxml2-dev libuchardet-dev libseccomp-dev ca-certificates tzdata
	python3"
check="libcmocka-dev chromium clang-format mandoc binutils
	fonts-dejavu-core fonts-noto-core python3-jsonschema python3-yaml sqlite3 dovecot-imapd postfix openssl
	nginx-light caddy systemd curl"
all="clang clang-tidy libclang-rt-14-dev"
bench="wrk postfix"

case "${1:-build}" in
build) want="$build" ;;
check) want="$build $check" ;;
all) want="$build $check $all" ;;
bench) want="$build $bench" ;;
*) echo "deps.sh: build, check, all or bench" >&2; exit 2 ;;
esac

missing=""
for p in $want; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed$' ||
		missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	root=""
elif command -v sudo >/dev/null; then
	root="sudo"
else
	echo "These packages are missing and there is no sudo to install them:$missing" >&2
	exit 1
fi
echo "Installing with apt:$missing"
$root env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null
# shellcheck disable=SC2086
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing \
	>/dev/null
