#!/bin/sh
# Installs what the tests need beside Go: redis-server, the PostgreSQL server, groff for
# the manual, kubectl and systemd-analyze for what is deployed and, on Linux, nftables,
# without which fewer tests lose packets. Does nothing where all is there already. No
# service is started.
set -eu

has() { command -v "$1" >/dev/null 2>&1; }

has_redis() { has redis-server; }

# Where fence/postgrestest looks for it: many systems keep it off the PATH.
has_postgres() {
	has initdb && return
	for program in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb /usr/libexec/postgresql*/initdb \
		/opt/homebrew/opt/postgresql*/bin/initdb /usr/local/opt/postgresql*/bin/initdb; do
		[ -x "$program" ] && return
	done
	return 1
}

has_nftables() { [ "$(uname)" != Linux ] || has nft || [ -x /usr/sbin/nft ] || [ -x /sbin/nft ]; }

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif has sudo; then
		sudo "$@"
	else
		echo "setup: $what is missing, and installing it takes root: run '$*' as root" >&2
		exit 1
	fi
}

# install WHAT APT DNF APK PACMAN BREW: what is missing, and what each package
# manager calls it.
updated=
install() {
	what=$1
	echo "setup: installing $what"
	if has apt-get; then
		[ -n "$updated" ] || as_root apt-get update -q
		updated=yes
		# Only the programs are wanted, no service that runs at once.
		as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends "$2"
	elif has dnf; then
		as_root dnf install -y "$3"
	elif has apk; then
		as_root apk add "$4"
	elif has pacman; then
		as_root pacman -S --noconfirm --needed "$5"
	elif has brew; then
		brew install "$6"
	else
		echo "setup: no package manager known here (apt-get, dnf, apk, pacman, brew): install $what yourself" >&2
		exit 1
	fi
}

still_missing() {
	echo "setup: there is still no $1 to be found: install it yourself" >&2
	exit 1
}

has_redis || install redis-server redis-server redis redis redis redis || true
has_redis || ! has dnf || install redis-server - valkey-compat-redis - - - # where Valkey is in its place
has_redis || still_missing redis-server

has_postgres || install "the PostgreSQL server" postgresql postgresql-server postgresql postgresql postgresql
has_postgres || still_missing initdb

has groff || install groff groff-base groff-base groff groff groff
has groff || still_missing groff

has kubectl || install kubectl kubernetes-client kubernetes-client kubectl kubectl kubectl
has kubectl || still_missing kubectl

# macOS and Alpine have no systemd.
[ "$(uname)" != Linux ] || has apk || has systemd-analyze || install systemd-analyze systemd systemd - systemd -

has_nftables || (install nftables nftables nftables nftables nftables -) ||
	echo "setup: going on without nftables: fewer tests lose packets then"
