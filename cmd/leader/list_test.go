//go:build unix

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/leaderelection/internal/redistest"
)

// An election that this user may not read is a short line in the table, and a word below it.
func TestListOfElectionsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for _, name := range []string{"nightly", "private", "secret"} {
		if err := server.Client(t).HSet(t.Context(), "{"+name+"}:term", "term", 7).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Client(t).HSet(t.Context(), "{foreign}:term", "field", "value").Err(); err != nil { // of somebody else
		t.Fatal(err)
	}
	server.PermitUser("operator", "on", ">pw", "&*", "+@all", "~nightly", "~{nightly}:*", "~foreign", "~{foreign}:*")
	url := "redis://operator:pw@" + server.Addr()

	text := ask(t, url, 0, "list")
	table, below, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(table) {
		if len(line) > 80 {
			t.Errorf("%d columns: %q", len(line), line)
		}
	}
	if strings.Count(table, "? (no permission)") != 2 || strings.Count(table, "? (cannot be read)") != 1 {
		t.Errorf("the table does not say which can't be read:\n%s", table)
	}
	if strings.Count(below, "no permission: ") != 1 || strings.Count(below, "cannot be read: ") != 1 ||
		!strings.Contains(below, "ACL SETUSER") || !strings.Contains(below, "somebody else") || strings.Contains(below, "leaderelection: ") {
		t.Errorf("below the table:\n%s", below)
	}

	for _, each := range decode[map[string][]map[string]any](t, ask(t, url, 0, "list", "-o", "json"), json.Unmarshal)["elections"] {
		_, failed := each["error"]
		_, at := each["at"]
		if readable := each["election"] == "nightly"; failed == readable || at != readable {
			t.Errorf("%v", each)
		}
	}
}
