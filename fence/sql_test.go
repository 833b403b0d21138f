package fence_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"example.com/leaderelection"
	"example.com/leaderelection/fence"
)

var errBroken = errors.New("broken")

// inTerm returns a ctx as Lead gives it to its work.
func inTerm(t *testing.T, term int64) context.Context {
	t.Helper()
	return leaderelection.ContextWithTerm(t.Context(), term)
}

func write(ctx context.Context) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "write")
		return err
	}
}

func TestInTxChecksThenWritesThenCommits(t *testing.T) {
	d := &database{highest: 1<<53 + 1}
	ctx := inTerm(t, 1<<53+1)
	if err := (fence.SQL{}).InTx(ctx, d.open(t), "invoices", write(ctx)); err != nil {
		t.Error(err)
	}
	d.expect(t, "begin", "check invoices 9007199254740993", "write", "commit")
}

func TestInTxRefusesALowerTerm(t *testing.T) {
	d := &database{highest: 8}
	ctx := inTerm(t, 7)
	err := fence.SQL{}.InTx(ctx, d.open(t), "invoices", write(ctx))
	stale := (*fence.StaleError)(nil)
	if !errors.As(err, &stale) || *stale != (fence.StaleError{Resource: "invoices", Term: 7, Highest: 8}) {
		t.Errorf("%v, want a StaleError of invoices, 7, 8", err)
	}
	d.expect(t, "begin", "check invoices 7", "rollback")
}

func TestInTxAsksForNothingWithoutATerm(t *testing.T) {
	d := &database{}
	if err := (fence.SQL{}).InTx(t.Context(), d.open(t), "invoices", write(t.Context())); !errors.Is(err, fence.ErrNoTerm) {
		t.Error(err)
	}
	d.expect(t)
}

func TestInTxRollsBackWhatFails(t *testing.T) {
	for failing, want := range map[string][]string{
		"begin":  {"begin"},
		"check":  {"begin", "check invoices 7", "rollback"},
		"write":  {"begin", "check invoices 7", "write", "rollback"},
		"commit": {"begin", "check invoices 7", "write", "commit"},
	} {
		t.Run(failing, func(t *testing.T) {
			d := &database{highest: 7, fail: map[string]error{failing: errBroken}}
			ctx := inTerm(t, 7)
			if err := (fence.SQL{}).InTx(ctx, d.open(t), "invoices", write(ctx)); !errors.Is(err, errBroken) {
				t.Errorf("%v, want that it is broken", err)
			}
			d.expect(t, want...)
		})
	}
}

func TestInTxRollsBackAfterAPanic(t *testing.T) {
	d := &database{highest: 7}
	func() {
		defer func() {
			if value := recover(); value != "oops" {
				t.Errorf("the panic did not come through, but %v", value)
			}
		}()
		_ = fence.SQL{}.InTx(inTerm(t, 7), d.open(t), "invoices", func(*sql.Tx) error { panic("oops") })
	}()
	d.expect(t, "begin", "check invoices 7", "rollback")
}

// A program that overlooks the refusal must not commit.
func TestWhatCheckRefusesCannotBeCommitted(t *testing.T) {
	for name, c := range map[string]struct {
		guard    fence.SQL
		term     int64
		resource string
	}{
		"a lower term":  {fence.SQL{}, 7, "invoices"},
		"no term":       {fence.SQL{}, 0, "invoices"},
		"a wrong table": {fence.SQL{Table: "fences; drop"}, 9, "invoices"},
		"no resource":   {fence.SQL{}, 9, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := &database{highest: 8}
			tx, err := d.open(t).BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.guard.Check(inTerm(t, c.term), tx, c.resource); err == nil {
				t.Error("it was not refused")
			}
			if err := tx.Commit(); !errors.Is(err, sql.ErrTxDone) {
				t.Errorf("the commit was answered by %v", err)
			}
		})
	}
}

func TestTableNames(t *testing.T) {
	for name, quoted := range map[string]string{
		"":                      `"fences"`,
		"fences":                `"fences"`,
		"order":                 `"order"`, // a word of SQL
		"_a1":                   `"_a1"`,
		"app.fences":            `"app"."fences"`,
		strings.Repeat("a", 63): `"` + strings.Repeat("a", 63) + `"`,
	} {
		schema, err := fence.SQL{Table: name}.Schema()
		if err != nil || !strings.HasPrefix(schema, "CREATE TABLE IF NOT EXISTS "+quoted+" (") {
			t.Errorf("%q: %v\n%s", name, err, schema)
		}
	}
	for _, name := range []string{
		"Fences", "1a", "a-b", "a b", " a", "a\n", `"a"`, `a"b`, "a'b", "a;b", "a--", "a.b.c", ".a", "a.", ".", "ä",
		"a\x00", "fences; drop table invoices", strings.Repeat("a", 64),
	} {
		if schema, err := (fence.SQL{Table: name}).Schema(); err == nil || schema != "" {
			t.Errorf("%q was taken:\n%s", name, schema)
		} else if !strings.Contains(err.Error(), "lower-case") {
			t.Errorf("%q: %v does not tell what to use", name, err)
		}
	}
}
