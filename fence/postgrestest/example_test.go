//go:build linux || darwin

package postgrestest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"example.com/leaderelection"
	"example.com/leaderelection/fence"
)

// A leader writes; its predecessor, which was paused, comes too late.
func Example() {
	db, err := sql.Open("pgx", server.URL())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()

	send := func(ctx context.Context, author string) error {
		return guard.InTx(ctx, db, "example", func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO notes VALUES ($1, $2)", "example", author)
			return err
		})
	}
	before := leaderelection.ContextWithTerm(context.Background(), 7) // by Lead, in a real program
	after := leaderelection.ContextWithTerm(context.Background(), 8)

	fmt.Println(send(after, "the leader"))
	err = send(before, "the one before")
	fmt.Println(errors.Is(err, fence.ErrStale), err)
	// Output:
	// <nil>
	// true fence: "example" has seen term 8: refused a write of term 7
}
