package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// prefix begins every environment variable of ours.
const prefix = "HOOFDPAS_"

// Sources is where a configuration comes from, from weak to strong.
type Sources struct {
	// File is the path of a TOML file, or "" for none.
	File string
	// Environ is the environment as os.Environ gives it.
	Environ []string
	// Flags are the keys that were given on the command line.
	Flags map[string]any
}

// Load reads the configuration from its sources over the defaults. It knows
// every key: one that it does not know is an error that names the nearest. It
// does not check values; Validate does.
func Load(s Sources) (Config, error) {
	k := koanf.New(".")
	for _, d := range keys() {
		if err := k.Set(d.path, d.preset); err != nil {
			return Config{}, fmt.Errorf("set default %s: %w", d.path, err)
		}
	}
	if s.File != "" {
		if err := loadFile(k, s.File); err != nil {
			return Config{}, err
		}
	}
	env, err := fromEnvironment(s.Environ)
	if err != nil {
		return Config{}, err
	}
	for _, layer := range []map[string]any{env, s.Flags} {
		if err := k.Load(confmap.Provider(layer, "."), nil); err != nil {
			return Config{}, fmt.Errorf("read configuration: %w", err)
		}
	}
	if err := inherit(k); err != nil {
		return Config{}, err
	}
	if err := completeTerminals(k); err != nil {
		return Config{}, err
	}
	var c Config
	if err := k.Unmarshal("", &c); err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	return c, nil
}

func loadFile(k *koanf.Koanf, path string) error {
	layer := koanf.New(".")
	if err := layer.Load(file.Provider(path), toml.Parser()); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("configuration file %s: there is no such file", path)
		}
		return fmt.Errorf("configuration file %s: %w", path, err)
	}
	var unknown []error
	for _, key := range layer.Keys() {
		if !known(key) {
			unknown = append(unknown, fmt.Errorf("configuration file %s: unknown key %q; did you mean %q?", path, key, nearest(key)))
		}
	}
	if len(unknown) > 0 {
		return errors.Join(unknown...)
	}
	if err := k.Merge(layer); err != nil {
		return fmt.Errorf("configuration file %s: %w", path, err)
	}
	return nil
}

// category is where the rules of categories stand.
const category = "rules.category."

// known reports whether the file may hold the key.
func known(path string) bool {
	if rest, ok := strings.CutPrefix(path, category); ok {
		_, rule, ok := strings.Cut(rest, ".")
		return ok && known("rules."+rule)
	}
	if rest, ok := strings.CutPrefix(path, terminals); ok {
		_, name, ok := strings.Cut(rest, ".")
		return ok && slices.ContainsFunc(terminalKeys(), func(d key) bool { return d.path == name })
	}
	return slices.ContainsFunc(keys(), func(d key) bool { return d.path == path })
}

// nearest is the known key that begins with path, or else the one that is
// spelled most like it.
func nearest(path string) string {
	best, least := "", len(path)+100
	for _, d := range keys() {
		if strings.HasPrefix(d.path, path) {
			return d.path
		}
		candidate := d.path
		if rest, ok := strings.CutPrefix(path, category); ok {
			name, _, _ := strings.Cut(rest, ".")
			candidate = strings.Replace(d.path, "rules.", category+name+".", 1)
		}
		if n := levenshtein.ComputeDistance(path, candidate); n < least {
			best, least = candidate, n
		}
	}
	if rest, ok := strings.CutPrefix(path, terminals); ok {
		name, _, _ := strings.Cut(rest, ".")
		for _, d := range terminalKeys() {
			if n := levenshtein.ComputeDistance(path, terminals+name+"."+d.path); n < least {
				best, least = terminals+name+"."+d.path, n
			}
		}
	}
	return best
}

// fromEnvironment reads our variables. NAME_FILE gives the value of a secret
// key by the path of a file, so that it stands in no process list.
func fromEnvironment(environ []string) (map[string]any, error) {
	out := map[string]any{}
	var faults []error
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours || rest == "CONFIG" || strings.HasPrefix(rest, "TEST_") {
			continue
		}
		d, isFile, ok := byVariable(rest)
		if !ok {
			faults = append(faults, fmt.Errorf("environment: unknown variable %s; did you mean %s?", name,
				variable(nearest(strings.ToLower(rest)))))
			continue
		}
		if isFile {
			content, err := os.ReadFile(value) //nolint:gosec // the operator names the file
			if err != nil {
				faults = append(faults, fmt.Errorf("environment: %s: %w", name, err))
				continue
			}
			value = strings.TrimSpace(string(content))
		}
		out[d.path] = value
		if _, list := d.preset.([]string); list {
			// The name of a desk may hold a space.
			out[d.path] = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || (r == ' ' && d.path != "till.desks") })
		}
	}
	return out, errors.Join(faults...)
}

func variable(path string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

func byVariable(rest string) (d key, isFile, ok bool) {
	for _, d := range keys() {
		switch prefix + rest {
		case variable(d.path):
			return d, false, true
		case variable(d.path) + "_FILE":
			return d, true, d.secret != nil
		}
	}
	return key{}, false, false
}

// inherit gives each category the rules that it does not set itself.
func inherit(k *koanf.Koanf) error {
	for _, name := range k.MapKeys(strings.TrimSuffix(category, ".")) {
		for _, d := range keys() {
			rule, ok := strings.CutPrefix(d.path, "rules.")
			path := category + name + "." + rule
			if !ok || k.Exists(path) {
				continue
			}
			if err := k.Set(path, k.Get(d.path)); err != nil {
				return fmt.Errorf("rules of category %s: %w", name, err)
			}
		}
	}
	return nil
}

// completeTerminals gives each terminal what it does not set itself.
func completeTerminals(k *koanf.Koanf) error {
	for _, name := range k.MapKeys(strings.TrimSuffix(terminals, ".")) {
		for _, d := range terminalKeys() {
			path := terminals + name + "." + d.path
			if k.Exists(path) {
				continue
			}
			if err := k.Set(path, d.preset); err != nil {
				return fmt.Errorf("terminal %s: %w", name, err)
			}
		}
	}
	return nil
}
