package protocol

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"example.com/leaderelection"
)

// mostShown bounds the candidates of an Inspection, and what it asks of a history.
const mostShown = 10_000

// Inspect shows an election as it stands, with at most so many of its latest terms.
func (s *Store) Inspect(ctx context.Context, key string, terms int) (leaderelection.Inspection, error) {
	k := keysOf(key)
	entries := min(4*max(terms, 0), mostShown) + 1 // a beginning and an end of each, and what was asked for; the latest may have but one
	reply, err := s.run(inspectScript, k.list(), []string{decimal(mostShown), decimal(int64(entries))}, s.eval(ctx))
	if err != nil {
		return leaderelection.Inspection{}, err
	}
	inspection, err := parseInspection(reply)
	if err != nil {
		return inspection, fmt.Errorf("redis: election %q: %w", key, err)
	}
	inspection.Terms = inspection.Terms[:min(len(inspection.Terms), max(terms, 0))]
	return inspection, nil
}

var errShape = errors.New("script answered with something that is no inspection")

func parseInspection(reply any) (leaderelection.Inspection, error) {
	var i leaderelection.Inspection
	parts, ok := reply.([]any)
	if !ok || len(parts) != 4 {
		return i, errShape
	}
	var err error
	if i.State, err = parseState(parts[0]); err != nil {
		return i, err
	}
	if i.Present, err = parsePresent(parts[1], parts[2], i.Now); err != nil {
		return i, err
	}
	i.Terms, i.Orders, err = parseHistory(parts[3])
	return i, err
}

// parsePresent leaves out who is gone. A score is the priority times band, and the
// moment until which the candidate counts as present.
func parsePresent(reply, bandReply any, now time.Time) ([]leaderelection.Presence, error) {
	candidates, err := texts(reply)
	bandText, _ := bandReply.(string)
	band, bandErr := strconv.ParseFloat(bandText, 64)
	if err != nil || bandErr != nil || band <= 0 || len(candidates)%2 != 0 {
		return nil, errShape
	}
	var present []leaderelection.Presence
	for n := 0; n < len(candidates); n += 2 {
		score, err := strconv.ParseFloat(candidates[n+1], 64)
		if err != nil {
			return nil, errShape
		}
		priority := math.Floor(score / band)
		until := time.UnixMilli(int64(score - priority*band))
		if until.After(now) {
			present = append(present, leaderelection.Presence{ID: candidates[n], Until: until, Priority: int(priority)})
		}
	}
	return present, nil
}

// parseHistory puts beginnings and ends of terms together, and keeps what people asked
// for apart, the latest first of each. What is no entry of ours is left out.
func parseHistory(reply any) ([]leaderelection.TermRecord, []leaderelection.OrderRecord, error) {
	entries, ok := reply.([]any)
	if !ok {
		return nil, nil, errShape
	}
	var terms []leaderelection.TermRecord
	var orders []leaderelection.OrderRecord
	of := make(map[int64]int) // where in terms
	for _, each := range entries {
		at, fields, ok := parseEntry(each)
		if order, isOrder := parseOrder(at, fields); ok && isOrder {
			orders = append(orders, order)
			continue
		}
		term, err := strconv.ParseInt(fields["term"], 10, 64)
		if !ok || err != nil || fields["event"] != "begin" && fields["event"] != "end" {
			continue
		}
		n, known := of[term]
		if !known {
			n = len(terms)
			of[term] = n
			terms = append(terms, leaderelection.TermRecord{Term: term, InstanceID: fields["holder"]})
		}
		if fields["event"] == "begin" {
			terms[n].Began, terms[n].Hostname = at, fields["host"]
		} else {
			drained, _ := strconv.ParseInt(fields["drained"], 10, 64)
			terms[n].Ended, terms[n].Reason, terms[n].By, terms[n].Drained = at, fields["reason"], fields["by"], duration(drained)
		}
	}
	return terms, orders, nil
}

var orderKinds = map[string]leaderelection.OrderKind{
	"step-down": leaderelection.OrderStepDown,
	"pause":     leaderelection.OrderPause,
	"resume":    leaderelection.OrderResume,
}

func parseOrder(at time.Time, fields map[string]string) (order leaderelection.OrderRecord, ok bool) {
	kind, ok := orderKinds[fields["event"]]
	order = leaderelection.OrderRecord{Order: leaderelection.Order{Kind: kind, By: fields["by"], To: fields["to"]}, At: at}
	order.Term, _ = strconv.ParseInt(fields["term"], 10, 64) // 0 where it concerns none
	lasts, _ := strconv.ParseInt(fields["for"], 10, 64)      // 0 where it has no end
	order.For = duration(lasts)
	return order, ok
}

func parseEntry(entry any) (at time.Time, fields map[string]string, ok bool) {
	parts, _ := entry.([]any)
	if len(parts) != 2 {
		return at, nil, false
	}
	id, _ := parts[0].(string)
	ms, _, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(ms, 10, 64)
	words, wordsErr := texts(parts[1])
	if err != nil || wordsErr != nil {
		return at, nil, false
	}
	fields = make(map[string]string, len(words)/2)
	for i := 0; i+1 < len(words); i += 2 {
		fields[words[i]] = words[i+1]
	}
	return time.UnixMilli(n), fields, true
}

func texts(reply any) ([]string, error) {
	values, ok := reply.([]any)
	if !ok {
		return nil, errShape
	}
	all := make([]string, 0, len(values))
	for _, value := range values {
		text, ok := value.(string)
		if !ok {
			return nil, errShape
		}
		all = append(all, text)
	}
	return all, nil
}
