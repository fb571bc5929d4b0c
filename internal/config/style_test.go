package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hoofdpas/internal/config"
)

func TestAHouseStyleThatCannotBeUsedIsAFault(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]string{
		"": "", file("huis.css", ":root { --hoofdpas-accent: #0c5a60; }"): "",
		filepath.Join(folder, "weg.css"): "library.style:", file("groot.css", strings.Repeat("x", 64<<10)): "library.style:",
		file("plaatje.css", "\x89PNG\x00"): "library.style:",
	} {
		c, err := config.Load(config.Sources{})
		if err != nil {
			t.Fatal(err)
		}
		c.Library.Style = path
		err = c.Validate()
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
