package hoofdpas

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// files calls f with every file of the project that has the ending.
func files(t *testing.T, ending string, f func(path, content string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "bin" || (strings.HasPrefix(d.Name(), ".") && path != ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ending) {
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

func TestLinksInTheDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	files(t, ".md", func(path, content string) {
		for _, m := range link.FindAllStringSubmatch(content, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s: %s is not there", path, m[1])
			}
		}
	})
}

func TestTestsNamedInTheDocumentsExist(t *testing.T) {
	t.Parallel()
	defined := map[string]bool{}
	definition := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark)\w+)\(`)
	files(t, "_test.go", func(_, content string) {
		for _, m := range definition.FindAllStringSubmatch(content, -1) {
			defined[m[1]] = true
		}
	})
	named := regexp.MustCompile("`(Test[A-Z]\\w+)`")
	files(t, ".md", func(path, content string) {
		for _, m := range named.FindAllStringSubmatch(content, -1) {
			if !defined[m[1]] {
				t.Errorf("%s names %s, which does not exist", path, m[1])
			}
		}
	})
}

func TestNoDocumentHasAPlaceholder(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`(?m)^\s*[A-Z]{5,}\s*$|TODO|TBD|XXX`)
	files(t, ".md", func(path, content string) {
		if m := placeholder.FindString(content); m != "" {
			t.Errorf("%s still has %q", path, strings.TrimSpace(m))
		}
	})
}
