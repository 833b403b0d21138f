package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"
)

// configFile is a file with settings. The zero value is none.
type configFile struct {
	path   string
	values map[string]json.RawMessage
}

// findConfigFile reads the file that the flag names, or the first one there is by default.
func findConfigFile(flag *pflag.Flag) (configFile, error) {
	if flag.Changed {
		if flag.Value.String() == "" { // no file at all
			return configFile{}, nil
		}
		text, err := read("--"+configFlag, flag.Value.String())
		if err != nil {
			return configFile{}, err
		}
		return parseConfig(flag.Value.String(), text)
	}
	for _, path := range defaultFiles() {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		if err != nil {
			return configFile{}, fmt.Errorf("the settings: %w\n  --config \"\" leaves them out", err)
		}
		return parseConfig(path, text)
	}
	return configFile{}, nil
}

// defaultFiles: the user's, then the machine's.
func defaultFiles() []string {
	var files []string
	dir, err := os.UserConfigDir()
	if xdg := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(xdg) { // on macOS too, where UserConfigDir doesn't ask for it
		dir, err = xdg, nil
	}
	if err == nil {
		files = append(files, filepath.Join(dir, "leader", "config.yaml"))
	}
	return append(files, "/etc/leader/config.yaml")
}

// parseConfig quotes nothing of the file, which may hold a password.
func parseConfig(path string, text []byte) (configFile, error) {
	file := configFile{path: path}
	text, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return file, fmt.Errorf("%s: %w", path, err)
	}
	if err := json.Unmarshal(text, &file.values); err != nil {
		return file, fmt.Errorf("%s: write settings as NAME: VALUE, one on each line", path)
	}
	return file, nil
}

// check refuses settings that no command has: one that is misspelt would not be missed.
func (f configFile) check(root *cobra.Command) error {
	known := &cobra.Command{SuggestionsMinimumDistance: 2} // cobra knows which names are near to another
	names := map[string]bool{}
	for _, cmd := range root.Commands() {
		if cmd.Flags().Lookup(configFlag) == nil {
			continue
		}
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if !names[flag.Name] && flag.Name != "help" && flag.Name != configFlag {
				names[flag.Name] = true
				known.AddCommand(&cobra.Command{Use: flag.Name, Run: func(*cobra.Command, []string) {}})
			}
		})
	}
	for _, key := range slices.Sorted(maps.Keys(f.values)) {
		if names[key] {
			continue
		}
		remedy := "settings have the names of flags"
		if near := known.SuggestionsFor(key); len(near) > 0 {
			remedy = "did you mean " + strings.Join(near, " or ") + "?"
		}
		return fmt.Errorf("%s: there is no setting %s: %s", f.path, shown(key), remedy)
	}
	return nil
}

// setting is a source.
func (f configFile) setting(flag *pflag.Flag) (name, value string, err error) {
	raw, ok := f.values[flag.Name]
	if !ok {
		return "", "", nil
	}
	name = flag.Name + " in " + f.path
	var parsed any
	if err := json.Unmarshal(raw, &parsed); err != nil {
		return name, "", fmt.Errorf("%s: %w", name, err)
	}
	switch parsed := parsed.(type) {
	case string:
		return name, parsed, nil
	case bool, float64:
		if flag.Value.Type() == "string" { // 007, 1e3 and yes mean something else to YAML
			return name, "", fmt.Errorf("%s: put it in quotes", name)
		}
		return name, string(raw), nil
	default:
		return name, "", fmt.Errorf("%s: give it one value", name)
	}
}

// holdsPassword matches a URL that does.
var holdsPassword = regexp.MustCompile(`://[^/?#]*:[^/?#]*@|password=`)

// warn tells of a password that everybody on the machine can read. It is not an error:
// secrets that are mounted into containers look like that.
func (f configFile) warn(warnings io.Writer) {
	if runtime.GOOS == "windows" || !holdsPassword.Match(f.values["redis"]) {
		return
	}
	if info, err := os.Stat(f.path); err == nil && info.Mode().Perm()&0o004 != 0 {
		_, _ = fmt.Fprintf(warnings, "leader: warning: %s holds a password, and everybody can read it: chmod o-r it\n", f.path)
	}
}
