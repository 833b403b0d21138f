#!/bin/sh
# Measures the hot paths and shows them beside bench/guard/baseline.txt, or writes that
# with BASELINE=1. It judges nothing, and fails only where something can't run.
set -eu

root=$PWD
work=$root/.bin/guard
mkdir -p "$work"
go test -c -o "$work/check.test" .
go test -c -o "$work/calls.test" ./redisstore

# On one core, a round trip takes what client and server compute. On several it takes,
# above all, what it takes to wake a core up, and that varies twofold.
one_core=$(taskset -c 0 true 2>/dev/null && echo taskset -c 0) || true

echo "measuring, for a minute"
flags='-test.run ^$ -test.bench . -test.benchtime 100ms -test.timeout 1m'
: >"$work/measured.txt"
for round in $(seq "${ROUNDS:-20}"); do
	for run in ./check.test "$one_core ./calls.test"; do
		(cd "$work" && $run $flags) >"$work/run.txt" || { cat "$work/run.txt" >&2; exit 1; }
		cat "$work/run.txt" >>"$work/measured.txt"
	done
done

cd bench
go run ./guard <"$work/measured.txt" >"$work/now.txt"
[ -z "${BASELINE:-}" ] || cp "$work/now.txt" guard/baseline.txt
# What did not change seems to at -alpha 0.05 in one row of twenty, and there are more.
go tool benchstat -alpha 0.001 baseline=guard/baseline.txt now="$work/now.txt"
