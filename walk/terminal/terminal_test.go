package terminal

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

func TestItKnowsNothingOfTheProgram(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "terminal.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range file.Imports {
		if strings.Contains(i.Path.Value, "hoofdpas") {
			t.Errorf("it imports %s", i.Path.Value)
		}
	}
}

func TestItTakesNothingOnTrust(t *testing.T) {
	t.Parallel()
	if a, err := read("941AY0AZFDFD", "93", "0"); err != nil || a.Fixed != "1" {
		t.Errorf("got %+v, %v", a, err)
	}
	for what, line := range map[string]string{
		"the sum":        "941AY0AZFDFC",
		"the number":     "941AY1AZFDFC",
		"the code":       "961AY0AZFDFB",
		"too short":      "94",
		"small letters":  "941AY0AZfdfd",
		"without either": "941",
	} {
		if _, err := read(line, "93", "0"); err == nil {
			t.Errorf("%s is believed: %s", what, line)
		}
	}
	if _, err := read("36Y20261126    120000AO|AA1AY0AZF4C9", "35", "0"); err == nil {
		t.Error("a field that does not end is believed")
	}
}
