package main

import (
	"strings"
	"testing"
)

func TestTimesBecomeMultiplesOfTheReferenceBeforeThem(t *testing.T) {
	for name, test := range map[string]struct{ measured, want string }{
		"each by the last one of its group": {
			`goos: linux
pkg: example.com/leaderelection
cpu: Some
BenchmarkCheck/TimeNow-2      1000  40.0 ns/op  0 B/op  0 allocs/op
BenchmarkCheck/IsLeader-2     1000  50.0 ns/op  0 B/op  0 allocs/op
BenchmarkCheck/TimeNow#01-2   1000  30.0 ns/op  0 B/op  0 allocs/op
BenchmarkCheckAgain/TimeNow-2 1000  10.0 ns/op  0 B/op  0 allocs/op
BenchmarkCheck/Term-2         1000  40.0 ns/op  0 B/op  0 allocs/op
PASS
`, `BenchmarkCheck/IsLeader 1000 1.25 x-now 0 B/op 0 allocs/op
BenchmarkCheck/Term 1000 1.333 x-now 0 B/op 0 allocs/op
`,
		},
		"the unit is the reference's, with one processor too": {
			`BenchmarkCalls/Ping  500  20000 ns/op  188 B/op  6 allocs/op
BenchmarkCalls/Read  200  50000 ns/op  1584 B/op  45 allocs/op
`, "BenchmarkCalls/Read 200 2.5 x-ping 1584 B/op 45 allocs/op\n",
		},
		"no time of what is in no group": {
			`BenchmarkCalls/Ping   500  20000 ns/op
BenchmarkHeartbeat-8  10  10400000 ns/op  5952 B/op  119 allocs/op
`, "BenchmarkHeartbeat 10 5952 B/op 119 allocs/op\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var ratios strings.Builder
			if err := convert(strings.NewReader(test.measured), &ratios); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimPrefix(ratios.String(), "\n"); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

func TestNothingIsMeasuredByGuess(t *testing.T) {
	for name, measured := range map[string]string{
		"no reference in the group": "BenchmarkOther/Ping 1 20 ns/op\nBenchmarkCalls/Read 1 50 ns/op\n",
		"a line that was cut short": "BenchmarkCalls/Ping 1 20 ns/op\nBenchmarkCalls/Read 1 50\n",
	} {
		if err := convert(strings.NewReader(measured), &strings.Builder{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
