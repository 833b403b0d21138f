#!/bin/sh
# Renames the module, which is called example.com/leaderelection until it is
# published: in go.mod, in every import, and in the documents.
set -eu

module=${1:-}
case "$module" in
*.*/*) ;;
*)
	echo "usage: make module MODULE=github.com/you/leaderelection" >&2
	exit 2
	;;
esac
old=$(go list -m)
[ "$module" != "$old" ] || exit 0

git ls-files -z -- '*.go' '*.go.txt' '*.md' 'Makefile' '*.yml' '*.yaml' 'go.mod' '**/go.mod' |
	xargs -0 grep -lZF -- "$old" |
	OLD="$old" NEW="$module" xargs -0 perl -pi -e 's/\Q$ENV{OLD}\E(?![\w-])/$ENV{NEW}/g'
go build ./...
echo "renamed $old to $module; read the difference with git diff, then commit it"
