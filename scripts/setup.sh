#!/bin/sh
# Installs what the tests need beside Go: redis-server. Does nothing where it is
# there already.
set -eu

if command -v redis-server >/dev/null 2>&1; then
	exit 0
fi

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		echo "setup: redis-server is missing, and installing it takes root: run '$*' as root, or put a redis-server (6.2 or newer) on the PATH" >&2
		exit 1
	fi
}

echo "setup: installing redis-server, which the tests start on free loopback ports"
if command -v apt-get >/dev/null 2>&1; then
	as_root apt-get update -q
	# Only the binary is wanted, no service that runs at once.
	as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends redis-server
elif command -v dnf >/dev/null 2>&1; then
	as_root dnf install -y redis || as_root dnf install -y valkey-compat-redis
elif command -v apk >/dev/null 2>&1; then
	as_root apk add redis
elif command -v pacman >/dev/null 2>&1; then
	as_root pacman -S --noconfirm --needed redis
elif command -v brew >/dev/null 2>&1; then
	brew install redis
else
	echo "setup: no package manager known here (apt-get, dnf, apk, pacman, brew): put a redis-server (6.2 or newer) on the PATH" >&2
	exit 1
fi

command -v redis-server >/dev/null 2>&1 || {
	echo "setup: the package was installed, but there is still no redis-server on the PATH" >&2
	exit 1
}
