package protocol

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"example.com/leaderelection"
)

// The fields of a script's reply, in order; see reply in scripts/common.lua.
const (
	fieldVerdict = iota
	fieldTerm
	fieldTTL
	fieldWait
	fieldNow
	fieldHolder
	fieldHost
	fieldHolderTerm
	fieldSince
	fieldBeat
	fieldWarning
	fieldCandidates
	fieldPriority
	fieldAskedBy
	fieldAskedTo
	fieldPauseSince
	fieldPauseUntil
	fieldPauseBy
	fieldHeir
	fieldCount
)

var numberFields = [...]int{fieldTerm, fieldTTL, fieldWait, fieldNow, fieldHolderTerm, fieldSince, fieldBeat, fieldCandidates, fieldPriority, fieldPauseSince, fieldPauseUntil}

var verdicts = map[string]leaderelection.Verdict{
	"vacant":      leaderelection.Vacant,
	"granted":     leaderelection.Granted,
	"held":        leaderelection.Held,
	"quarantined": leaderelection.Quarantined,
	"paused":      leaderelection.Paused,
	"reserved":    leaderelection.Reserved,
	"lost":        leaderelection.Lost,
}

// parseState reads a script's reply. Whatever is not one is an error, and so an
// unknown outcome.
func parseState(reply any) (leaderelection.State, error) {
	fields, err := stringsOf(reply)
	if err != nil {
		return leaderelection.State{}, err
	}
	verdict, known := verdicts[fields[fieldVerdict]]
	if !known {
		return leaderelection.State{}, fmt.Errorf("script answered with verdict %.40q", fields[fieldVerdict])
	}
	var numbers [fieldCount]int64
	for _, field := range numberFields {
		number, err := strconv.ParseInt(fields[field], 10, 64)
		if err != nil {
			return leaderelection.State{}, fmt.Errorf("script answered with %.40q as field %d", fields[field], field)
		}
		numbers[field] = number
	}

	state := leaderelection.State{
		Verdict:   verdict,
		Term:      numbers[fieldTerm],
		TTL:       duration(numbers[fieldTTL]),
		Remaining: duration(numbers[fieldWait]),
		Now:       moment(numbers[fieldNow]),
		Warning:   fields[fieldWarning],

		Candidates: int(min(max(numbers[fieldCandidates], 0), math.MaxInt32)),
		Priority:   int(numbers[fieldPriority]),
		Heir:       fields[fieldHeir],
	}
	if by, to := fields[fieldAskedBy], fields[fieldAskedTo]; by != "" {
		state.Asked = &leaderelection.StepDownError{By: by, To: to}
	}
	if since := numbers[fieldPauseSince]; since != 0 {
		state.Pause = &leaderelection.Pause{By: fields[fieldPauseBy], Since: moment(since), Until: moment(numbers[fieldPauseUntil])}
	}
	if holder := fields[fieldHolder]; holder != "" {
		state.Leader = &leaderelection.LeaderInfo{
			InstanceID:    holder,
			Hostname:      fields[fieldHost],
			StartedAt:     moment(numbers[fieldSince]),
			LastHeartbeat: moment(numbers[fieldBeat]),
			Term:          numbers[fieldHolderTerm],
		}
	}
	return state, nil
}

func stringsOf(reply any) (fields [fieldCount]string, err error) {
	values, ok := reply.([]any)
	if !ok || len(values) != fieldCount {
		return fields, fmt.Errorf("script answered with %T of %d fields, not %d", reply, len(values), fieldCount)
	}
	for i, value := range values {
		if fields[i], ok = value.(string); !ok {
			return fields, fmt.Errorf("script answered with a %T as field %d", value, i)
		}
	}
	return fields, nil
}

// duration is a number of milliseconds. Of more than a Duration can hold, as of an
// expiry that somebody set centuries ahead, it is the longest and not a negative one.
func duration(milliseconds int64) time.Duration {
	const most = math.MaxInt64 / int64(time.Millisecond)
	return time.Duration(min(max(milliseconds, -most), most)) * time.Millisecond
}

// moment is a server time in microseconds; 0 is none.
func moment(microseconds int64) time.Time {
	if microseconds == 0 {
		return time.Time{}
	}
	return time.UnixMicro(microseconds)
}
