//go:build linux || darwin

package postgrestest

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/fence"
)

// guard is the fence of all tests. Its table is named like a word of SQL, in a
// schema of its own.
var guard = fence.SQL{Table: "app.order"}

// createTables makes the fence, and what is written to: a note for each resource,
// and a log of all notes.
func createTables() error {
	schema, err := guard.Schema()
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", server.URL())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, statement := range []string{
		"CREATE SCHEMA app", schema, schema, // the second time it does nothing
		"CREATE TABLE notes (resource TEXT PRIMARY KEY, author TEXT NOT NULL)",
		"CREATE TABLE log (number BIGSERIAL, resource TEXT NOT NULL, term BIGINT NOT NULL)",
	} {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}

// open connects. Nothing waits forever, so that a test that fails also ends.
func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", server.URL()+" lock_timeout=20000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// in returns a ctx as Lead gives it to its work.
func in(t *testing.T, term int64) context.Context {
	t.Helper()
	return leaderelection.ContextWithTerm(t.Context(), term)
}

// execer is a database or a transaction.
type execer interface {
	ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error)
}

// note writes the author under the resource.
func note(ctx context.Context, into execer, resource, author string) error {
	_, err := into.ExecContext(ctx, `INSERT INTO notes VALUES ($1, $2)
		ON CONFLICT (resource) DO UPDATE SET author = excluded.author`, resource, author)
	return err
}

// noteInTx does so through the fence.
func noteInTx(ctx context.Context, db *sql.DB, resource, author string) error {
	return guard.InTx(ctx, db, resource, func(tx *sql.Tx) error { return note(ctx, tx, resource, author) })
}

func expectAuthor(t *testing.T, db *sql.DB, resource, want string) {
	t.Helper()
	var author string
	if err := db.QueryRow("SELECT author FROM notes WHERE resource = $1", resource).Scan(&author); err != nil || author != want {
		t.Errorf("the note is %q's (%v), want %q's", author, err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// begin begins a transaction that ends with the test, if not before.
func begin(t *testing.T, db *sql.DB, level sql.IsolationLevel) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
	must(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

// inBackground runs something that is going to wait, and returns when the server
// says that it does.
func inBackground(t *testing.T, db *sql.DB, wait func() error) <-chan error {
	t.Helper()
	result := make(chan error, 1)
	go func() { result <- wait() }()
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(5 * time.Millisecond) {
		select {
		case err := <-result:
			t.Fatalf("it did not wait, but returned %v", err)
		default:
		}
		var waiting int
		must(t, db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").Scan(&waiting))
		if waiting > 0 {
			return result
		}
	}
	t.Fatalf("waited %v for a transaction to wait, in vain", patience)
	return nil
}

// receive returns what came of it.
func receive(t *testing.T, result <-chan error) error {
	t.Helper()
	select {
	case err := <-result:
		return err
	case <-time.After(patience):
		t.Fatalf("it still waits after %v", patience)
		return nil
	}
}
