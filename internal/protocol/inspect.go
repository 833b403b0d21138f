package protocol

import (
	"context"
	"errors"
	"fmt"
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
	entries := min(2*max(terms, 0), mostShown) + 1 // a beginning and an end of each; the latest may have but one
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
	if !ok || len(parts) != 3 {
		return i, errShape
	}
	var err error
	if i.State, err = parseState(parts[0]); err != nil {
		return i, err
	}
	candidates, err := texts(parts[1])
	if err != nil || len(candidates)%2 != 0 {
		return i, errShape
	}
	for n := 0; n < len(candidates); n += 2 {
		until, err := strconv.ParseFloat(candidates[n+1], 64)
		if err != nil {
			return i, errShape
		}
		i.Present = append(i.Present, leaderelection.Presence{ID: candidates[n], Until: time.UnixMilli(int64(until))})
	}
	i.Terms, err = parseHistory(parts[2])
	return i, err
}

// parseHistory puts beginnings and ends together, the latest first. What is no entry of
// ours is left out.
func parseHistory(reply any) ([]leaderelection.TermRecord, error) {
	entries, ok := reply.([]any)
	if !ok {
		return nil, errShape
	}
	var terms []leaderelection.TermRecord
	of := make(map[int64]int) // where in terms
	for _, each := range entries {
		at, fields, ok := parseEntry(each)
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
			terms[n].Ended, terms[n].Reason = at, fields["reason"]
		}
	}
	return terms, nil
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
