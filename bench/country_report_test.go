package bench_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"text/template"

	"hoofdpas/bench/country"
)

// report is what docs/performance.md is written from.
type report struct {
	Day      string
	Machine  string
	Load     string // the load average of the last fifteen minutes, at the end
	Settings []string
	Engines  []engineReport
	page     *template.Template
}

type engineReport struct {
	Name, Version string
	Sizes         []sizeReport
}

// Smallest and Largest are the sizes that are compared.
func (e engineReport) Smallest() sizeReport { return e.Sizes[0] }

// Largest is the last size.
func (e engineReport) Largest() sizeReport { return e.Sizes[len(e.Sizes)-1] }

// Growth is the loans page of a household of three at the largest size beside
// the smallest.
func (e engineReport) Growth() float64 {
	return e.Largest().Latencies["/geleend"][3].Median / e.Smallest().Latencies["/geleend"][3].Median
}

// machine is the processor, its cores, the memory and the system.
func machine(t testing.TB) string {
	t.Helper()
	first := func(path, pattern string) string {
		text, err := os.ReadFile(path)
		must(t, err)
		if m := regexp.MustCompile(pattern).FindSubmatch(text); m != nil {
			return string(m[1])
		}
		return "unknown"
	}
	return fmt.Sprintf("%d cores of %s, %s kB of memory, %s, Linux %s, %s", runtime.NumCPU(), first("/proc/cpuinfo", `model name\s*: (.*)`),
		first("/proc/meminfo", `MemTotal:\s+(\d+)`), first("/etc/os-release", `PRETTY_NAME="(.*)"`),
		first("/proc/sys/kernel/osrelease", `(\S+)`), runtime.Version())
}

// template reads the sentences, before anything is measured.
func (r *report) template(t testing.TB) {
	t.Helper()
	names := map[string]string{"/inloggen": "logging in", "/geleend": "*Geleend*", "/betalen": "*Betalen*", "/relaties": "*Relaties*"}
	var err error
	r.page, err = template.New("performance.md").Funcs(template.FuncMap{
		"pages": func() []string { return append([]string{"/inloggen"}, pages...) },
		"named": func(path string) string { return names[path] },
		"known": func() []int { return country.Known },
		"join":  func(words []string) string { return strings.Join(words, ", ") },
		"many":  many,
		"per":   func(n int, seconds float64) string { return many(int(float64(n) / seconds)) },
		"over":  func(a, b float64) float64 { return a / b },
		"bytes": func(n int64, cards int) int64 { return n / int64(cards) },
		"mb":    func(n int64) int { return int(n >> 20) },
		"least": func(got, goal float64) string { return verdict(got >= goal, goal/got) },
		"most":  func(got, goal float64) string { return verdict(got <= goal, got/goal) },
	}).ParseFiles("testdata/performance.md")
	must(t, err)
}

// write fills in the template.
func (r *report) write(t testing.TB, path string) {
	t.Helper()
	averages, err := os.ReadFile("/proc/loadavg")
	must(t, err)
	r.Load = strings.Fields(string(averages))[2]
	var b bytes.Buffer
	must(t, r.page.Execute(&b, r))
	must(t, os.WriteFile(path, b.Bytes(), 0o644)) //nolint:gosec // a page of the documentation
}

func verdict(met bool, short float64) string {
	if met {
		return "met"
	}
	return fmt.Sprintf("missed by a factor of %.2f", short)
}

// many is a number with a comma for each thousand.
func many(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
