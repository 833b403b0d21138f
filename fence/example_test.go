package fence_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"sync"

	"example.com/leaderelection"
	"example.com/leaderelection/fence"
)

var (
	db       *sql.DB
	election *leaderelection.Election
)

// The usual case: the work of a leader writes to a table of its database.
func ExampleSQL_InTx() {
	var invoices fence.SQL // its table is "fences", created by Schema

	sendInvoice := func(ctx context.Context, number int) error {
		return invoices.InTx(ctx, db, "invoices", func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE invoices SET sent = now() WHERE number = $1", number)
			return err
		})
	}

	err := election.Lead(context.Background(), func(ctx context.Context) error {
		for number := 1; ctx.Err() == nil; number++ {
			if err := sendInvoice(ctx, number); err != nil {
				return err // errors.Is(err, fence.ErrStale): somebody else does it by now
			}
		}
		return nil
	})
	log.Print(err)
}

// A transaction of the caller's own, with another isolation level.
func ExampleSQL_Check() {
	post := func(ctx context.Context) error {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if err := (fence.SQL{Table: "app.fences"}).Check(ctx, tx, "ledger"); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO ledger ..."); err != nil {
			return err
		}
		return tx.Commit()
	}
	log.Print(election.Lead(context.Background(), post))
}

// Printer is a resource of its own kind: it keeps its fence itself.
type Printer struct {
	mu      sync.Mutex
	highest int64
}

// Print prints, unless somebody has printed in a higher term.
func (p *Printer) Print(ctx context.Context, text string) error {
	term, err := fence.Term(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock() // checking and printing are one step
	if term < p.highest {
		return &fence.StaleError{Resource: "printer", Term: term, Highest: p.highest}
	}
	p.highest = term
	fmt.Println(text)
	return nil
}

// What a resource needs to refuse late writes: the highest term it has seen.
func ExampleTerm() {
	var printer Printer
	before := leaderelection.ContextWithTerm(context.Background(), 7) // by Lead, in a real program
	after := leaderelection.ContextWithTerm(context.Background(), 8)

	_ = printer.Print(before, "the first leader")
	_ = printer.Print(after, "its successor")
	err := printer.Print(before, "the first leader, which was paused")
	fmt.Println(errors.Is(err, fence.ErrStale), err)
	// Output:
	// the first leader
	// its successor
	// true fence: "printer" has seen term 8: refused a write of term 7
}
