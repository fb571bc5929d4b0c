package main

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContrast computes WCAG's contrast of the colours that are read together,
// in both schemes: 4.5 for text, 3 for the edges of fields and buttons.
func TestContrast(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("style/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("no dark scheme")
	}
	schemes := map[string]map[string]string{"light": colours(light), "dark": colours(dark)}
	if len(schemes["dark"]) < 25 || len(schemes["light"]) != len(schemes["dark"]) {
		t.Fatalf("%d light and %d dark colours", len(schemes["light"]), len(schemes["dark"]))
	}
	text := [][2]string{
		{"ink", "paper"},
		{"ink", "sheet"},
		{"ink-soft", "paper"},
		{"ink-soft", "sheet"},
		{"ink-soft", "accent-tint"},
		{"ink", "accent-tint"},
		{"accent", "paper"},
		{"accent", "sheet"},
		{"accent-strong", "accent-tint"},
		{"accent", "accent-tint"},
		{"on-accent", "accent"},
		{"on-accent", "accent-strong"},
		{"late", "paper"},
		{"late", "sheet"},
		{"late", "late-tint"},
		{"on-late", "late"},
		{"ink", "late-tint"},
		{"good", "good-tint"},
		{"ink", "good-tint"},
		{"wait", "wait-tint"},
		{"ink", "wait-tint"},
		{"good", "sheet"},
		{"wait", "sheet"},
	}
	for i := range 10 {
		text = append(text, [2]string{"initials-ink", "initials-" + strconv.Itoa(i)})
	}
	edges := [][2]string{
		{"field-border", "paper"},
		{"field-border", "sheet"},
		{"accent", "paper"},
		{"accent", "sheet"},
		{"late", "sheet"},
		{"accent-tint", "accent"},
		{"good", "paper"},
		{"wait", "paper"},
		{"late", "paper"},
	}
	for scheme, c := range schemes {
		for least, pairs := range map[float64][][2]string{4.5: text, 3: edges} {
			for _, p := range pairs {
				if got := contrast(t, c[p[0]], c[p[1]]); got < least {
					t.Errorf("%s: %s on %s is %.2f, less than %.1f", scheme, p[0], p[1], got, least)
				}
			}
		}
	}
}

func colours(css string) map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`--hoofdpas-([a-z0-9-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		out[m[1]] = m[2]
	}
	return out
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || colour == "" {
		t.Fatalf("no colour %q: %v", colour, err)
	}
	channel := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}
