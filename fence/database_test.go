package fence_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
)

// database is what stands in for one: it logs what it is told, and answers every
// query with the same number. What a real one does is tested in postgrestest.
type database struct {
	highest int64            // the answer
	fail    map[string]error // by the word that a step is logged with

	mu  sync.Mutex
	log []string
}

func (d *database) open(t *testing.T) *sql.DB {
	t.Helper()
	db := sql.OpenDB(d)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (d *database) step(word, details string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, word+details)
	return d.fail[word]
}

func (d *database) expect(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.log, want) {
		t.Errorf("the database was told %q, want %q", d.log, want)
	}
}

func (d *database) Connect(context.Context) (driver.Conn, error) { return conn{d}, nil }
func (d *database) Driver() driver.Driver                        { return nil }

type conn struct{ *database }

func (c conn) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (c conn) Close() error                        { return nil }
func (c conn) Begin() (driver.Tx, error)           { return c, c.step("begin", "") }
func (c conn) Commit() error                       { return c.step("commit", "") }
func (c conn) Rollback() error                     { return c.step("rollback", "") }

func (c conn) ExecContext(_ context.Context, statement string, _ []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), c.step(statement, "")
}

func (c conn) QueryContext(_ context.Context, _ string, args []driver.NamedValue) (driver.Rows, error) {
	return &rows{c.highest, false}, c.step("check", fmt.Sprintf(" %v %v", args[0].Value, args[1].Value))
}

// rows is one row of one column.
type rows struct {
	value int64
	read  bool
}

func (r *rows) Columns() []string { return []string{"term"} }
func (r *rows) Close() error      { return nil }
func (r *rows) Next(into []driver.Value) error {
	if r.read {
		return io.EOF
	}
	r.read, into[0] = true, r.value
	return nil
}
