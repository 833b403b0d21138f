package main

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/leaderelection/internal/belief"
)

// reading is what a Redis says of itself at one moment: MONITOR, which tells every
// request, would be more work for it than many candidates are.
type reading struct {
	at       time.Duration
	requests int64         // it has had so many
	busy     time.Duration // it has used so much of a processor
	clients  int           // it has so many now
}

// read counts the calls of these commands. The moment is Redis's own: a busy one
// answers late.
func (r *redisStore) read(asks []string) (reading, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	text, err := r.client.Info(ctx, "server", "clients", "cpu", "commandstats").Result()
	if err != nil {
		return reading{}, err
	}
	fields := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok {
			fields[name] = value
		}
	}
	moment, err := strconv.ParseInt(fields["server_time_usec"], 10, 64)
	if err != nil {
		return reading{}, fmt.Errorf("INFO: %w", err)
	}
	now := reading{at: belief.At(time.UnixMicro(moment))}
	now.clients, _ = strconv.Atoi(fields["connected_clients"])
	for _, name := range []string{"used_cpu_user", "used_cpu_sys"} {
		seconds, err := strconv.ParseFloat(fields[name], 64)
		if err != nil {
			return reading{}, fmt.Errorf("INFO: %w", err)
		}
		now.busy += time.Duration(seconds * float64(time.Second))
	}
	for _, command := range asks { // calls=12,usec=…; none of one that was never called
		calls, _, _ := strings.Cut(strings.TrimPrefix(fields["cmdstat_"+command], "calls="), ",")
		n, _ := strconv.ParseInt(calls, 10, 64)
		now.requests += n
	}
	return now, nil
}

// spent is what Redis did in a span of time.
type spent struct {
	requests   int64
	busy, span time.Duration
}

func (s spent) perSecond() float64 { return float64(s.requests) / s.span.Seconds() }

// busyShare is the share of one core.
func (s spent) busyShare() float64 { return s.busy.Seconds() / s.span.Seconds() }

// spend waits for so long, and returns what Redis did meanwhile.
func (r *redisStore) spend(asks []string, window time.Duration) (spent, error) {
	before, err := r.read(asks)
	if err != nil {
		return spent{}, err
	}
	time.Sleep(window)
	after, err := r.read(asks)
	return spent{after.requests - before.requests, after.busy - before.busy, after.at - before.at}, err
}
