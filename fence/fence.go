// Package fence helps a resource to refuse the late writes of earlier terms.
//
// No election keeps a process from being paused between checking that it leads
// and writing. Its write then arrives late, in somebody else's term. Only what
// is written to can refuse it: it remembers the highest term it has seen, and
// takes no write of a lower one. The term is the fencing token.
//
//	func work(ctx context.Context) error { // as given to Election.Lead
//		return invoices.InTx(ctx, db, "invoices", func(tx *sql.Tx) error {
//			_, err := tx.ExecContext(ctx, "INSERT INTO invoices ...")
//			return err
//		})
//	}
//
// SQL is for what is written in transactions of a database. Package redisfence
// does the same for keys in Redis. Both take the term from the ctx, and both
// refuse with an error that errors.Is finds to be ErrStale. For a resource of
// your own, Term and StaleError are the two halves.
//
// # What it cannot do
//
//   - A fence knows the terms that it was shown. Until the new leader has shown its
//     own, the last one's late writes pass. So begin each term with a check, before
//     reading anything that the term's writes will build on.
//   - It stops those who ask it. What other programs and people write is not fenced.
//   - It orders terms, not the writes of one term: two goroutines of one leader, or
//     a command that a client sends twice, are that leader's own affair.
//   - It protects what lies in the same store, since only there checking and
//     writing are one step. A term in Redis does not fence a table in PostgreSQL.
//   - The terms of one election are comparable, those of two are not: one fence
//     belongs to one election.
package fence

import (
	"context"
	"errors"
	"fmt"

	"example.com/leaderelection"
)

// ErrStale says that a write was refused, since the resource has seen a higher
// term: somebody else leads by now, or has led. The error that carries it is a
// *StaleError. Trying again cannot help; return it from the work. Should the term
// not have ended, then Lead returns it too, and is right to: another election writes
// to the same resource.
var ErrStale = errors.New("fence: the term is over: a higher one has written")

// ErrNoTerm says that nothing was written, since the ctx carries no term.
var ErrNoTerm = errors.New("fence: the ctx carries no term: use the one that Lead gives to its work, or leaderelection.ContextWithTerm with the Term you were elected in")

// StaleError is a refusal.
type StaleError struct {
	Resource string // as the caller names it
	Term     int64  // the caller's
	Highest  int64  // the highest that the resource has seen
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("fence: %q has seen term %d: refused a write of term %d", e.Resource, e.Highest, e.Term)
}

// Is makes errors.Is(err, ErrStale) true.
func (e *StaleError) Is(target error) bool { return target == ErrStale }

// Term returns the term in whose name ctx allows to write: that of the work that
// Lead runs. The error is ErrNoTerm where there is none, or none above 0, as that
// of an instance that does not lead.
//
// Programs that use Start instead of Lead make such a ctx by
// leaderelection.ContextWithTerm. They do so once, where a piece of work begins: an
// instance that was deposed and elected again in the middle of it would otherwise
// finish the work of the old term under the new one.
func Term(ctx context.Context) (int64, error) {
	term, ok := leaderelection.TermFromContext(ctx)
	if !ok || term <= 0 {
		return 0, ErrNoTerm
	}
	return term, nil
}
