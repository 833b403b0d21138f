package main

import "time"

// trace is what Redis said of itself, again and again.
type trace []reading

// tracePace is between two readings, each of which costs Redis some 50µs.
const tracePace = 10 * time.Millisecond

// during traces what Redis does while act runs, from before its beginning to its very
// end. While there is no Redis there is nothing to read.
func (r *redisStore) during(asks []string, act func() error) (trace, error) {
	first, err := r.read(asks)
	if err != nil {
		return nil, err
	}
	stop, traced := make(chan struct{}), make(chan trace, 1)
	go func() {
		t := trace{first}
		for ended := false; !ended; {
			select {
			case <-stop:
				ended = true
			case <-time.After(tracePace):
			}
			if now, err := r.read(asks); err == nil {
				t = append(t, now)
			}
		}
		traced <- t
	}()
	err = func() error {
		defer close(stop) // also when act panics, as a scope does
		return act()
	}()
	return <-traced, err
}

// since is the trace of a Redis that started at that moment.
func (t trace) since(start time.Duration) trace {
	fresh := trace{{at: start}}
	for _, each := range t {
		if each.at > start {
			fresh = append(fresh, each)
		}
	}
	return fresh
}

// count is how many requests Redis had had by then, evenly spread between readings.
func (t trace) count(at time.Duration) float64 {
	for i, next := range t {
		if next.at < at {
			continue
		}
		if i == 0 || next.at == at {
			return float64(next.requests)
		}
		last := t[i-1]
		part := float64(at-last.at) / float64(next.at-last.at)
		return float64(last.requests) + part*float64(next.requests-last.requests)
	}
	if len(t) == 0 {
		return 0
	}
	return float64(t[len(t)-1].requests)
}

func (t trace) within(from, span time.Duration) float64 { return t.count(from+span) - t.count(from) }

// peak is the most requests within such a span: one that begins or ends at a reading.
func (t trace) peak(span time.Duration) (most float64) {
	for _, each := range t {
		most = max(most, t.within(each.at, span), t.within(each.at-span, span))
	}
	return most
}

// calm is a span with no more than half as many requests again as usual. A few are no
// crowd.
func calm(requests, usual float64, span time.Duration) bool {
	const few = 5
	return requests <= 1.5*usual*span.Seconds()+few
}

// settled is when the last span ends that was not calm, or with fewer clients than that;
// ok is false if that is still so in the end.
func (t trace) settled(usual float64, span time.Duration, clients int) (at time.Duration, ok bool) {
	for _, each := range t {
		ok = calm(t.within(each.at-span, span), usual, span) && each.clients >= clients
		if !ok {
			at = each.at
		}
	}
	return at, ok
}
