package model

import (
	"slices"
	"time"
)

// band is what a priority counts in a candidate's score; see orders.lua.
const band = 1 << 42

// priorityOf is a candidate's: A's is the higher one, where they differ.
func (s server) priorityOf(who int8) int {
	if s.ranked && who == 0 {
		return 1
	}
	return 0
}

// listen has both candidates hear when they are woken.
func (in *inRedis) listen() (stop func()) {
	in.t.Helper()
	subscription := in.client.Subscribe(in.t.Context(), "{model}:events:A", "{model}:events:B")
	for range 2 {
		if _, err := subscription.Receive(in.t.Context()); err != nil {
			in.t.Fatal(err)
		}
	}
	return func() { _ = subscription.Close() }
}

// ordersOf is what the record has of them. A reservation lasts for a second there, and
// for a tick in the model.
func (in *inRedis) ordersOf(s server, now tick) map[string]any {
	fields := map[string]any{}
	if s.paused {
		fields["pause_since"], fields["pause_by"] = in.origin.UnixMicro(), "operator"
	}
	if s.heir != nobodyNamed && s.exists {
		fields["order"], fields["order_by"], fields["order_to"] = in.term(s.term), "operator", heirText(s.heir)
	}
	if s.reserved != nobodyNamed {
		until := in.origin
		if now < s.reservedUntil {
			until = in.origin.Add(in.span(now) - in.slack/2 + time.Second)
		}
		fields["heir"], fields["heir_until"] = heirText(s.reserved), until.UnixMicro()
	}
	return fields
}

// ordersIn is the opposite of ordersOf.
func (in *inRedis) ordersIn(fields map[string]string, present []string, now tick) orders {
	o := orders{paused: fields["pause_since"] != ""}
	for who := range int8(2) {
		if slices.Contains(present, name(who)) {
			o.present |= 1 << who
		}
	}
	if fields["order"] != "" && fields["order"] == fields["term"] {
		o.heir = heirOf(fields["order_to"])
	}
	if until := number(fields["heir_until"]); until != 0 {
		o.reserved = highest
		if heir := heirOf(fields["heir"]); heir != nobodyNamed {
			o.reserved = heir
		}
		at, err := in.client.Time(in.t.Context()).Result()
		if err != nil {
			in.t.Fatal(err)
		}
		if at.Before(time.UnixMicro(until)) {
			o.reservedUntil = now + reservedFor
		}
	}
	return o
}

func heirText(heir int8) string {
	if heir == 1 || heir == 2 {
		return name(heir - 1)
	}
	return ""
}

func heirOf(text string) int8 { return map[string]int8{"A": 1, "B": 2}[text] }
