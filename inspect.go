package leaderelection

import (
	"context"
	"time"
)

// Inspector is a Store that can show more of an election than who leads: for
// operators and their tools. The election itself does not depend on it.
type Inspector interface {
	// Inspect shows the election of that name, whether or not it takes part in it, with
	// at most so many of its latest terms.
	Inspect(ctx context.Context, key string, terms int) (Inspection, error)
}

// Inspection is an election at one moment, by the store's clock.
type Inspection struct {
	State              // as Read answers
	Present []Presence // the candidates; dead ones among them until they don't count as present any more
	Terms   []TermRecord
	Orders  []OrderRecord // what was asked for in the time that those terms cover, or longer
}

// Presence is a candidate that was heard of.
type Presence struct {
	ID    string
	Until time.Time // when it counts as gone, unless it is heard of again

	Priority int // see WithPriority
}

// TermRecord is a term in the history. The latest comes first.
type TermRecord struct {
	Term       int64
	InstanceID string
	Hostname   string    // "" if not known
	Began      time.Time // zero if the history does not go back so far
	Ended      time.Time // zero if it has not ended, or nobody knows of that yet
	Reason     string    // why it ended, "" if it has not
	By         string    // who asked for its end, "" if nobody did

	// Drained is for how long its leader had not led any more when it ended, its work
	// having taken so long to stop.
	Drained time.Duration
}

// OrderRecord is an Order in the history. The latest comes first.
type OrderRecord struct {
	Order
	At time.Time
}
