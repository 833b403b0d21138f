package protocol

import (
	"reflect"
	"testing"
	"time"

	"example.com/leaderelection"
)

func stateReply() any {
	return []any{"vacant", "7", "0", "0", "1700000000000000", "", "", "0", "0", "0", "", "0", "0", "", "", "0", "0", "", ""}
}

func TestParseHistoryPutsTermsTogether(t *testing.T) {
	entry := func(id string, words ...any) any { return []any{id, words} }
	got, orders, err := parseHistory([]any{
		entry("3500-0", "event", "pause", "by", "alice", "for", "1000"),
		entry("3000-1", "event", "begin", "term", "9", "holder", "c", "host", "hc"),
		entry("3000-0", "event", "end", "term", "8", "holder", "b", "reason", "stepped down", "by", "bob", "drained", "12"),
		entry("2900-0", "event", "step-down", "term", "8", "holder", "b", "by", "bob", "to", "c"),
		entry("2500-0", "somebody", "else's"),
		entry("2000-0", "event", "begin", "term", "8", "holder", "b", "host", "hb"),
		entry("1000-0", "event", "end", "term", "7", "holder", "a", "reason", "stopped"),
	})
	want := []leaderelection.TermRecord{
		{Term: 9, InstanceID: "c", Hostname: "hc", Began: time.UnixMilli(3000)},
		{Term: 8, InstanceID: "b", Hostname: "hb", Began: time.UnixMilli(2000), Ended: time.UnixMilli(3000), Reason: "stepped down", By: "bob", Drained: 12 * time.Millisecond},
		{Term: 7, InstanceID: "a", Ended: time.UnixMilli(1000), Reason: "stopped"}, // the history does not go back further
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
	wantOrders := []leaderelection.OrderRecord{
		{Order: leaderelection.Order{Kind: leaderelection.OrderPause, By: "alice", For: time.Second}, At: time.UnixMilli(3500)},
		{Order: leaderelection.Order{Kind: leaderelection.OrderStepDown, By: "bob", To: "c", Term: 8}, At: time.UnixMilli(2900)},
	}
	if !reflect.DeepEqual(orders, wantOrders) {
		t.Errorf("%+v\nwant %+v", orders, wantOrders)
	}
}

// FuzzParseInspection: whatever a script answers is an inspection or an error, and no panic.
func FuzzParseInspection(f *testing.F) {
	f.Add([]byte("ss"), "first\n1700000000000", int64(1))
	f.Add([]byte("sss"), "a\nb\nc", int64(0))
	f.Add([]byte("sa"), "1-1\nevent\nend", int64(0))
	f.Add([]byte("!"), "", int64(0))
	f.Fuzz(func(t *testing.T, shape []byte, texts string, n int64) {
		reply := replyOf(shape, texts, n)
		_, _ = parseInspection(reply)
		for _, whole := range [][]any{
			{stateReply(), reply, []any{}},
			{stateReply(), []any{}, reply},
			{stateReply(), []any{}, []any{[]any{"1-1", reply}, reply}},
		} {
			if found, err := parseInspection(any(whole)); err == nil && found.Term != 7 {
				t.Errorf("%v became %+v", whole, found)
			}
		}
	})
}
