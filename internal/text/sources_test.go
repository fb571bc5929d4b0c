package text_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hoofdpas/internal/text"
)

// sources calls f with every source file of the house, Go and templates,
// without tests and generated code.
func sources(t *testing.T, f func(path, content string)) {
	t.Helper()
	for _, root := range []string{"..", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			ext := filepath.Ext(path)
			if ext != ".go" && ext != ".templ" || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
				return nil
			}
			content, err := os.ReadFile(path)
			if err == nil {
				f(path, string(content))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryReasonHasAText(t *testing.T) {
	t.Parallel()
	texts := load(t)
	reason := regexp.MustCompile(`(?m)^\s*(?:const )?Reason\w+\s+(?:problem\.Reason\s*)?=\s*(?:problem\.Reason\()?"([^"]+)"`)
	found := 0
	sources(t, func(path, content string) {
		for _, m := range reason.FindAllStringSubmatch(content, -1) {
			found++
			if !texts.In(text.Dutch).Has("problem." + m[1]) {
				t.Errorf("%s: reason %s has no text", path, m[1])
			}
		}
	})
	if found < 40 {
		t.Errorf("found only %d reasons: the search is broken", found)
	}
}

func TestEveryKeyInTheSourcesHasAText(t *testing.T) {
	t.Parallel()
	texts := load(t)
	key := regexp.MustCompile(`\.(?:T|N)\("([a-z0-9_]+\.[a-z0-9_.]*[a-z0-9_])"\s*[,)]`)
	found := 0
	sources(t, func(path, content string) {
		for _, m := range key.FindAllStringSubmatch(content, -1) {
			found++
			if !texts.In(text.Dutch).Has(m[1]) {
				t.Errorf("%s: key %s has no text", path, m[1])
			}
		}
	})
	if found < 10 {
		t.Errorf("found only %d keys: the search is broken", found)
	}
}
