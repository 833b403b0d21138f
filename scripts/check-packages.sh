#!/bin/sh
# Looks into what "make package" has built: whether all is in it, and runs the binary where
# it is for this machine. It installs nothing.
set -eu

fail() { echo "check-packages: $*" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
commit=$(git rev-parse HEAD)
arch=$(go env GOARCH)

(cd dist && sha256sum --quiet --check SHA256SUMS) || fail "the checksums don't match"
for system in linux darwin windows; do
	for each in amd64 arm64; do
		ls dist/leader_*_"${system}_$each".* >/dev/null || fail "there is no archive for $system/$each"
	done
done

for archive in dist/*.tar.gz; do
	tar -tzf "$archive" >"$work/archive"
	for file in /leader /LICENSE /man/leader-run.1.gz /completions/_leader /systemd/leader@.service; do
		grep -q "$file\$" "$work/archive" || fail "$file is not in $archive: $(cat "$work/archive")"
	done
done

# has LIST FILE...: what every package installs.
has() {
	list=$1
	shift
	for file in "$@"; do
		grep -q "$file" "$list" || fail "$file is not in $list: $(cat "$list")"
	done
}

set -- /usr/bin/leader /usr/lib/systemd/system/leader@.service /usr/share/man/man1/leader-run.1.gz \
	/usr/share/bash-completion/completions/leader /usr/share/fish/vendor_completions.d/leader.fish /etc/leader

if command -v dpkg-deb >/dev/null; then
	for package in dist/*.deb; do
		dpkg-deb --contents "$package" >"$work/deb"
		has "$work/deb" "$@" /usr/share/doc/leader/copyright
		grep -q '^drwx------ root/root .*/etc/leader/$' "$work/deb" || fail "anybody can read /etc/leader of $package"
	done
	dpkg-deb --extract dist/*_"$arch".deb "$work/root"
	version=$("$work/root/usr/bin/leader" version)
	case $version in
	*"commit $commit"*) echo "check-packages: $version" ;;
	*) fail "the binary does not know commit $commit (Go notes it in a clone, not in a worktree of git): $version" ;;
	esac
	gzip -dc "$work/root/usr/share/man/man1/leader-run.1.gz" | grep -q LEADER_TERM || fail "the manual is not that of leader run"
fi
if command -v rpm >/dev/null; then
	for package in dist/*.rpm; do
		rpm --query --list --package "$package" >"$work/rpm"
		has "$work/rpm" "$@" /usr/share/licenses/leader/LICENSE
	done
fi
