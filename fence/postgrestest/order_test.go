//go:build linux || darwin

package postgrestest

import (
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"example.com/leaderelection/fence"
)

// A term may be anything that fits into an int64; a float64 can't tell two of those
// apart above 2^53.
func TestTermsAreComparedExactly(t *testing.T) {
	db := open(t)
	for _, term := range []int64{9, 10, 1 << 53, 1<<53 + 1, 1<<53 + 2, 1<<53 + 3, 1<<63 - 2, 1<<63 - 1} {
		must(t, noteInTx(in(t, term), db, t.Name(), "leader"))
		stale := (*fence.StaleError)(nil)
		err := noteInTx(in(t, term-1), db, t.Name(), "late")
		if !errors.As(err, &stale) || *stale != (fence.StaleError{Resource: t.Name(), Term: term - 1, Highest: term}) {
			t.Errorf("%v, want that term %d is refused for %d", err, term-1, term)
		}
	}
}

// Leaders of many terms write at the same time. What the table has taken must be
// in the order of the terms.
func TestConcurrentWritesAreTakenInTheOrderOfTheirTerms(t *testing.T) {
	db, resource := open(t), t.Name()
	write := func(term int64) error {
		ctx := in(t, term)
		return guard.InTx(ctx, db, resource, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO log (resource, term) VALUES ($1, $2)", resource, term)
			return err
		})
	}
	var leaders sync.WaitGroup
	for i := range int64(8) {
		leaders.Go(func() {
			for round := range int64(20) { // terms grow with time, more or less
				err := write(1 + 4*round + i + rand.Int64N(8))
				if err != nil && !errors.Is(err, fence.ErrStale) {
					t.Error(err)
				}
			}
		})
	}
	leaders.Wait()

	// A row's number is drawn while the fence is locked.
	rows, err := db.Query("SELECT term FROM log WHERE resource = $1 ORDER BY number", resource)
	must(t, err)
	defer func() { _ = rows.Close() }()
	var last int64
	taken := 0
	for ; rows.Next(); taken++ {
		var term int64
		must(t, rows.Scan(&term))
		if term < last {
			t.Errorf("term %d wrote after term %d", term, last)
		}
		last = term
	}
	must(t, rows.Err())
	if taken == 0 || taken == 8*20 {
		t.Errorf("%d of %d writes were taken: this shows nothing", taken, 8*20)
	}
	t.Logf("%d of %d writes were taken", taken, 8*20)
}
