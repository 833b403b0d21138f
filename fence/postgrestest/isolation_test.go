//go:build linux || darwin

package postgrestest

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/leaderelection/fence"
)

// atEachLevel runs test at each isolation level, with and without a term that the
// resource has seen before: there is a row to lock, or none yet.
func atEachLevel(t *testing.T, test func(t *testing.T, db *sql.DB, level sql.IsolationLevel)) {
	for _, level := range []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead, sql.LevelSerializable} {
		t.Run(level.String(), func(t *testing.T) {
			t.Run("first terms", func(t *testing.T) { test(t, open(t), level) })
			t.Run("later terms", func(t *testing.T) {
				db := open(t)
				must(t, noteInTx(in(t, 1), db, t.Name(), "long ago"))
				test(t, db, level)
			})
		})
	}
}

func sqlState(err error) string {
	if failure := (*pgconn.PgError)(nil); errors.As(err, &failure) {
		return failure.Code
	}
	return ""
}

const serializationFailure = "40001"

// expectRefused expects what is documented of a transaction that took its snapshot
// before the higher term was committed: at READ COMMITTED, that it is refused as
// stale; above, a failure to serialize, and that the next try is refused as stale.
func expectRefused(t *testing.T, db *sql.DB, level sql.IsolationLevel, term int64, err error) {
	t.Helper()
	if level != sql.LevelReadCommitted {
		if sqlState(err) != serializationFailure {
			t.Fatalf("%v, want a serialization failure", err)
		}
		err = guard.Check(in(t, term), begin(t, db, level), t.Name())
	}
	stale := (*fence.StaleError)(nil)
	if !errors.As(err, &stale) || stale.Resource != t.Name() || stale.Term != term || stale.Highest <= term {
		t.Fatalf("%v, want that term %d is stale", err, term)
	}
}

func TestHigherTermThatWroteBefore(t *testing.T) {
	atEachLevel(t, func(t *testing.T, db *sql.DB, level sql.IsolationLevel) {
		must(t, noteInTx(in(t, 8), db, t.Name(), "next"))
		tx := begin(t, db, level)
		if err := guard.Check(in(t, 7), tx, t.Name()); !errors.Is(err, fence.ErrStale) {
			t.Fatalf("%v, want ErrStale", err)
		}
		if err := note(t.Context(), tx, t.Name(), "late"); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("the write after it was answered by %v", err)
		}
		must(t, guard.Check(in(t, 8), begin(t, db, level), t.Name()))
		expectAuthor(t, db, t.Name(), "next")
	})
}

// The late writer has begun its transaction, and read, and was paused then.
func TestHigherTermThatWroteAfterTheSnapshot(t *testing.T) {
	atEachLevel(t, func(t *testing.T, db *sql.DB, level sql.IsolationLevel) {
		late := begin(t, db, level)
		var notes int
		must(t, late.QueryRow("SELECT count(*) FROM notes").Scan(&notes))
		must(t, noteInTx(in(t, 8), db, t.Name(), "next"))

		expectRefused(t, db, level, 7, guard.Check(in(t, 7), late, t.Name()))
		expectAuthor(t, db, t.Name(), "next")
	})
}

func TestHigherTermThatIsWriting(t *testing.T) {
	atEachLevel(t, func(t *testing.T, db *sql.DB, level sql.IsolationLevel) {
		next, late := begin(t, db, level), begin(t, db, level)
		must(t, guard.Check(in(t, 8), next, t.Name()))
		must(t, note(t.Context(), next, t.Name(), "next"))
		result := inBackground(t, db, func() error { return guard.Check(in(t, 7), late, t.Name()) })
		must(t, next.Commit())

		expectRefused(t, db, level, 7, receive(t, result))
		expectAuthor(t, db, t.Name(), "next")
	})
}

func TestHigherTermThatRollsBackHasNotWritten(t *testing.T) {
	atEachLevel(t, func(t *testing.T, db *sql.DB, level sql.IsolationLevel) {
		next, still := begin(t, db, level), begin(t, db, level)
		must(t, guard.Check(in(t, 8), next, t.Name()))
		result := inBackground(t, db, func() error { return guard.Check(in(t, 7), still, t.Name()) })
		must(t, next.Rollback())
		must(t, receive(t, result))
		must(t, still.Commit())
	})
}

// The leader is paused between its check and its commit: nobody passes meanwhile,
// so that its write, when it comes, comes before the next leader's.
func TestNobodyPassesBetweenCheckAndCommit(t *testing.T) {
	atEachLevel(t, func(t *testing.T, db *sql.DB, level sql.IsolationLevel) {
		paused := begin(t, db, level)
		must(t, guard.Check(in(t, 7), paused, t.Name()))
		result := inBackground(t, db, func() error { return noteInTx(in(t, 8), db, t.Name(), "next") })
		must(t, note(t.Context(), paused, t.Name(), "paused"))
		must(t, paused.Commit())
		must(t, receive(t, result))
		expectAuthor(t, db, t.Name(), "next")
	})
}

// The server doesn't wait for a paused leader for longer than it is told to. That one's
// commit then comes too late.
func TestServerEndsATransactionThatWasPaused(t *testing.T) {
	db := open(t)
	paused := begin(t, db, sql.LevelReadCommitted)
	_, err := paused.Exec("SET LOCAL idle_in_transaction_session_timeout = '3s'")
	must(t, err)
	must(t, guard.Check(in(t, 7), paused, t.Name()))
	must(t, note(t.Context(), paused, t.Name(), "paused"))

	must(t, noteInTx(in(t, 8), db, t.Name(), "next"))
	if err := paused.Commit(); err == nil {
		t.Error("the paused leader could commit")
	}
	expectAuthor(t, db, t.Name(), "next")
}

func TestWhatWritesEndsWithItsCtx(t *testing.T) {
	db := open(t)
	must(t, noteInTx(in(t, 7), db, t.Name(), "before"))
	ctx, end := context.WithCancel(in(t, 7)) // as at the end of the term
	err := guard.InTx(ctx, db, t.Name(), func(tx *sql.Tx) error {
		defer end()
		return note(ctx, tx, t.Name(), "too late")
	})
	if !errors.Is(err, context.Canceled) && !errors.Is(err, sql.ErrTxDone) {
		t.Errorf("%v, want that the ctx has ended", err)
	}
	expectAuthor(t, db, t.Name(), "before")
}
