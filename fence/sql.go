package fence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// DefaultTable is the table of a SQL that names none.
const DefaultTable = "fences"

// SQL is a fence in a database: a table with one row for each resource, which
// holds the highest term seen. The table must be in the database that is written
// to. Create it by Schema.
//
// It works with PostgreSQL 9.5 or newer (tested with 15, through pgx), over any
// driver of database/sql that takes $1 for a parameter. It is a plain value, and
// safe for concurrent use. The zero value uses DefaultTable.
type SQL struct {
	// Table is the table's name, also with its schema ("app.fences"). Only lower-case
	// letters, digits and underscores are taken; it becomes part of statements.
	Table string
}

// InTx runs write in a transaction that commits only if ctx's term is not lower
// than the highest that the resource has seen. The check comes first, so what
// write reads is what no earlier term can change any more.
//
// It returns a *StaleError (ErrStale) for a lower term, ErrNoTerm if ctx carries
// none, the error of write as it is, or that of the database. After each of these,
// as after a panic of write, the transaction has been rolled back; only of a commit
// that failed it is unknown, as of every transaction.
//
// It blocks while another transaction has passed the same fence and has not ended;
// see Check. The transaction has the database's default isolation level, and ends
// with ctx. Where you need another one, use Check in a transaction of your own.
func (s SQL) InTx(ctx context.Context, db *sql.DB, resource string, write func(tx *sql.Tx) error) error {
	if _, err := Term(ctx); err != nil {
		return err // without asking the database for anything
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("fence: begin a transaction for %q: %w", resource, err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if err := s.Check(ctx, tx, resource); err != nil {
		return err
	}
	if err := write(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("fence: commit the transaction for %q: %w", resource, err)
	}
	return nil
}

// Check shows ctx's term to the fence of the resource, within the caller's own
// transaction. It takes one round trip. Where it returns nil, the row of the
// resource is locked until tx ends, so that no higher term can pass between
// this check and the commit.
//
// Where it returns an error, it has rolled tx back: what was refused cannot be
// committed by mistake. The errors are those of InTx.
//
// It blocks while another transaction holds the row. That one may be of a leader
// that was paused between its check and its commit: set the database's
// idle_in_transaction_session_timeout to less than you can wait. The paused
// leader then commits nothing any more.
//
// In READ COMMITTED, the default of PostgreSQL, a lower term is always told so
// by ErrStale. In REPEATABLE READ and SERIALIZABLE, the answer is a serialization
// failure (SQLSTATE 40001) where the higher term was committed after tx took its
// snapshot, which its first statement does. It is as safe; the next try returns
// ErrStale. Make the check the first statement, and it is rare.
//
// Transactions of one resource run one after the other, those of one leader too:
// where that is too slow, name more and smaller resources. Transactions that check
// several need to do so in the same order, or they may end in deadlocks.
func (s SQL) Check(ctx context.Context, tx *sql.Tx, resource string) error {
	err := s.check(ctx, tx, resource)
	if err != nil {
		_ = tx.Rollback() // fails only where the transaction has ended anyway
	}
	return err
}

func (s SQL) check(ctx context.Context, tx *sql.Tx, resource string) error {
	table, err := s.table()
	if err != nil {
		return err
	}
	if resource == "" {
		return errors.New("fence: the resource has no name: give it one, such as that of the table it protects")
	}
	term, err := Term(ctx)
	if err != nil {
		return err
	}
	var highest int64
	if err := tx.QueryRowContext(ctx, advance(table), resource, term).Scan(&highest); err != nil {
		return fmt.Errorf("fence: check term %d of %q in table %s: %w", term, resource, table, err)
	}
	if highest > term {
		return &StaleError{Resource: resource, Term: term, Highest: highest}
	}
	return nil
}

// advance raises the row to the term, if it is higher, locks the row in any case,
// and answers the higher of the two. It writes the row even where it stays as it
// is: a SELECT ... FOR UPDATE would find no row to lock before the first term,
// and a DO UPDATE ... WHERE would not tell the term that it found.
func advance(table string) string {
	return `INSERT INTO ` + table + ` AS fence (resource, term) VALUES ($1, $2)
ON CONFLICT (resource) DO UPDATE
	SET term = CASE WHEN fence.term > excluded.term THEN fence.term ELSE excluded.term END
RETURNING term`
}

// Schema returns the statement that creates the table where it does not exist.
// Execute it with your migrations. Instances that all execute it when they start
// can fail: PostgreSQL's IF NOT EXISTS is not atomic.
//
// Don't delete from the table: a fence that is gone has seen nothing.
func (s SQL) Schema() (string, error) {
	table, err := s.table()
	if err != nil {
		return "", err
	}
	return `CREATE TABLE IF NOT EXISTS ` + table + ` (
	resource TEXT PRIMARY KEY,
	term     BIGINT NOT NULL CHECK (term > 0)
)`, nil
}

// identifier is what PostgreSQL takes without folding or cutting it.
var identifier = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// table returns the name, quoted, since it may be a word of SQL.
func (s SQL) table() (string, error) {
	name := s.Table
	if name == "" {
		name = DefaultTable
	}
	parts := strings.Split(name, ".")
	for _, part := range parts {
		if len(parts) > 2 || !identifier.MatchString(part) {
			return "", fmt.Errorf("fence: %q cannot be a table: use lower-case letters, digits and underscores, at most 63, such as %q or %q", name, DefaultTable, "app."+DefaultTable)
		}
	}
	return `"` + strings.Join(parts, `"."`) + `"`, nil
}
