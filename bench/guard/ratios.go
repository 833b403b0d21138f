package main

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// units are what the multiples of each reference are called. A benchmark is measured by
// the last run of its group's reference: Calls/Renew by the Calls/Ping before it. What
// is in no group has no time that would say anything.
var units = map[string]string{"TimeNow": "x-now", "Ping": "x-ping"}

// perOp is what benchfmt makes of ns/op.
const perOp = "sec/op"

// reference is one run of a reference.
type reference struct {
	unit    string
	seconds float64
}

func convert(measured io.Reader, ratios io.Writer) error {
	reader, writer := benchfmt.NewReader(measured, "measured"), benchfmt.NewWriter(ratios)
	latest := map[string]reference{} // by group
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			return fmt.Errorf("not a measurement: %v", reader.Result())
		}
		group, name, grouped := strings.Cut(nameOf(result), "/")
		if unit, ok := units[name]; ok {
			seconds, _ := result.Value(perOp)
			latest[group] = reference{unit, seconds}
			continue
		}
		if grouped && latest[group].seconds == 0 {
			return fmt.Errorf("nothing to measure %s/%s by", group, name)
		}
		if err := writer.Write(portable(result, latest[group])); err != nil {
			return err
		}
	}
	return reader.Err()
}

// portable leaves out what another machine does not share: the time, the number of
// processors, and the name of the module, which is another once it is published.
func portable(result *benchfmt.Result, by reference) *benchfmt.Result {
	kept := &benchfmt.Result{Name: benchfmt.Name(nameOf(result)), Iters: result.Iters}
	for _, value := range result.Values {
		switch {
		case value.Unit != perOp:
			kept.Values = append(kept.Values, value)
		case by.seconds > 0:
			ratio := math.Round(1000*value.Value/by.seconds) / 1000
			kept.Values = append(kept.Values, benchfmt.Value{Value: ratio, Unit: by.unit})
		}
	}
	return kept
}

// counters end a name: how often it was in its group before, and the processors.
var counters = regexp.MustCompile(`(#\d+)?(-\d+)?$`)

func nameOf(result *benchfmt.Result) string {
	return counters.ReplaceAllString(result.Name.String(), "")
}
