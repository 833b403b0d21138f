#!/bin/sh
# Writes what packages have beside the binary into a directory: the manual and completions.
set -eu

to=$1
rm -rf "$to"
mkdir -p "$to/man" "$to/completions"
go build -o "$to/leader" ./cmd/leader
"$to/leader" man "$to/man"
gzip -9n "$to"/man/*
"$to/leader" completion bash >"$to/completions/leader.bash"
"$to/leader" completion zsh >"$to/completions/_leader"
"$to/leader" completion fish >"$to/completions/leader.fish"
rm "$to/leader"
