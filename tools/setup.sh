#!/usr/bin/env bash
# Installs what the tests need on Debian and Ubuntu, and says what is missing elsewhere. It changes nothing that is
# there already.
set -euo pipefail

want_go=1.26

missing_go() {
	echo "hookmitt needs Go $want_go or later; $1." >&2
	echo "Get it from https://go.dev/dl/: unpack the archive to /usr/local and put /usr/local/go/bin on the PATH." >&2
	exit 1
}

command -v go >/dev/null || missing_go "there is no go command on the PATH"
have_go=$(go env GOVERSION | sed -E 's/^go([0-9]+\.[0-9]+).*/\1/')
[ "$(printf '%s\n%s\n' "$want_go" "$have_go" | sort -V | head -n 1)" = "$want_go" ] || missing_go "this is $have_go"

# command:package, for each command that the tests run
missing=()
for need in gcc:gcc openssl:openssl curl:curl redis-server:redis-server redis-cli:redis-tools redis-sentinel:redis-sentinel python3:python3 npm:npm php:php-cli ruby:ruby; do
	command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
# the race detector links with cgo, which wants the C library's headers
echo '#include <stdlib.h>' | gcc -E - >/dev/null 2>&1 || missing+=(gcc libc6-dev)
# what receivers in other languages are written with
ruby -rwebrick -e 1 2>/dev/null || missing+=(ruby-webrick)
/usr/bin/python3 -c 'import flask' 2>/dev/null || python3 -c 'import flask' 2>/dev/null || missing+=(python3-flask)
# PostgreSQL, whose programs Debian puts beside the PATH
command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
# a browser, which Ubuntu has no package of: without one its tests are skipped, but fail where CI is set
browser=()
command -v chromium chromium-browser google-chrome >/dev/null || browser=(chromium)
[ ${#missing[@]} -eq 0 ] && [ ${#browser[@]} -eq 0 ] && exit 0

sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
if ! command -v apt-get >/dev/null || { [ -n "$sudo" ] && ! command -v sudo >/dev/null; }; then
	echo "The tests need these, which cannot be installed from here: ${missing[*]} ${browser[*]}" >&2
	[ ${#missing[@]} -eq 0 ] && exit 0 || exit 1
fi
$sudo apt-get update -q
for package in "${browser[@]}"; do
	apt-cache policy "$package" | grep -q 'Candidate: [0-9]' && missing+=("$package") || echo "There is no package $package here." >&2
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "Installing: ${missing[*]}"
# RUNLEVEL=1: the tests start their own servers, so Debian need not start its
$sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends ca-certificates "${missing[@]}"
