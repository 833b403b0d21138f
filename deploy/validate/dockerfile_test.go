package validate

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// stages reads the Dockerfile as docker build does, with the warnings that it gives.
func stages(t *testing.T) []instructions.Stage {
	t.Helper()
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, warning := range parsed.Warnings {
		t.Errorf("%s", warning.Short)
	}
	all, _, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{
		ExperimentalAll: true,
		Warn: func(rule, description, _, message string, at []parser.Range) {
			t.Errorf("%s: %s: %s %v", rule, description, message, at)
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// commands are those of one kind in a stage.
func commands[T instructions.Command](stage instructions.Stage) (found []T) {
	for _, command := range stage.Commands {
		if one, ok := command.(T); ok {
			found = append(found, one)
		}
	}
	return found
}

func TestImages(t *testing.T) {
	all := stages(t)
	for _, stage := range all[1:] {
		users := commands[*instructions.UserCommand](stage)
		// A name would say nothing to Kubernetes' runAsNonRoot.
		if len(users) != 1 || !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(users[0].User) {
			t.Errorf("%s runs as %v", stage.BaseName, users)
		}
		entry := commands[*instructions.EntrypointCommand](stage)
		if len(entry) != 1 || entry[0].PrependShell || !strings.HasSuffix(entry[0].CmdLine[0], "leader") {
			t.Errorf("%s starts %v: a shell would not pass signals on", stage.BaseName, entry)
		}
		for _, from := range commands[*instructions.CopyCommand](stage) {
			if from.From != all[0].Name {
				t.Errorf("%s copies from %q", stage.BaseName, from.From)
			}
		}
	}
	last := all[len(all)-1]
	if last.BaseName != "scratch" || !slices.ContainsFunc(commands[*instructions.CopyCommand](last), func(c *instructions.CopyCommand) bool {
		return strings.Contains(c.SourcePaths[0], "ca-certificates")
	}) {
		t.Errorf("the image is of %s, or has no certificates to trust", last.BaseName)
	}
	if _, ok := instructions.HasStage(all, "kubectl"); !ok {
		t.Error("there is no target kubectl, which follow-leader.yaml needs")
	}
	golang := regexp.MustCompile(`(?m)^go (\d+\.\d+)`)
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if needed := golang.FindSubmatch(mod)[1]; !strings.HasPrefix(all[0].BaseName, "golang:"+string(needed)) {
		t.Errorf("built by %s, and go.mod needs Go %s", all[0].BaseName, needed)
	}
}

// What the image has is built here as there: it needs no C library, and runs where there is
// nothing else.
func TestImageNeedsNothingButItsBinary(t *testing.T) {
	run := commands[*instructions.RunCommand](stages(t)[0])
	if line := strings.Join(run[len(run)-1].CmdLine, " "); !strings.Contains(line, "CGO_ENABLED=0 go build -trimpath -ldflags=\"-s -w\" -o /leader ./cmd/leader") {
		t.Errorf("it is not built as here: %s", line)
	}
	leader, err := buildLeader()
	if err != nil {
		t.Fatalf("%v\n%s", err, leader)
	}
	if file, err := elf.Open(leader); err == nil { // not on macOS
		defer func() { _ = file.Close() }()
		for _, program := range file.Progs {
			if program.Type == elf.PT_INTERP {
				t.Error("it is linked dynamically")
			}
		}
	}
	if out, err := exec.Command(leader, "version").CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "leader ") {
		t.Errorf("%v: %s", err, out)
	}
}
