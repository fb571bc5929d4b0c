// Package bench measures the program as a process of its own: a library of
// 100,000 cards and 500,000 loans, pages for a main card with five linked cards,
// each beside a bare handler that writes the same bytes, in one run.
package bench_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/store"
)

const (
	cards      = 100_000
	loansEach  = 5
	household  = 6   // a main card and five linked cards
	logins     = 200 // at once
	password   = "Welkom-2026"
	ownWord    = "Mijn-Geheim-1!"
	startTries = 20 * time.Second
)

// number is the card number of the nth card.
func number(n int) string { return fmt.Sprintf("2000%010d", n) }

// library is a store of the size above, imported by the program itself.
func library(b *testing.B) (binary, address string) {
	b.Helper()
	dir := b.TempDir()
	binary = built(b)
	address = "sqlite:" + filepath.Join(dir, "library.db")
	cardsFile, loansFile := writeFiles(b, dir)
	started := time.Now()
	command(b, binary, "--store", address, "import", "--cards", cardsFile, "--loans", loansFile)
	b.Logf("import of %d cards and %d loans: %.1f s", cards, cards*loansEach, time.Since(started).Seconds())
	link(b, address)
	return binary, address
}

// built is the program.
func built(b testing.TB) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "hoofdpas")
	command(b, "go", "build", "-trimpath", "-o", binary, "hoofdpas/cmd/hoofdpas")
	return binary
}

func command(b testing.TB, name string, args ...string) {
	b.Helper()
	c := exec.CommandContext(context.Background(), name, args...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func writeFiles(b *testing.B, dir string) (cardsFile, loansFile string) {
	b.Helper()
	cardsFile, loansFile = filepath.Join(dir, "cards.csv"), filepath.Join(dir, "loans.csv")
	today := calendar.Today(time.Now(), time.UTC)
	write(b, cardsFile, "card_number,name,birth_date,category,expires_on,first_password", func(w *bufio.Writer) {
		for n := range cards {
			first := ""
			if n < logins {
				first = password
			}
			fmt.Fprintf(w, "%s,Lener %d,1990-01-01,volwassen,%s,%s\n", number(n), n, today.AddDays(300), first)
		}
	})
	write(b, loansFile, "loan_id,card_number,item_number,title,author,lent_on,due_on", func(w *bufio.Writer) {
		for n := range cards * loansEach {
			fmt.Fprintf(w, "%d,%s,3000%09d,Het boek van dag %d,Schrijver %d,%s,%s\n", n, number(n/loansEach), n, n%1000, n%77,
				today.AddDays(-10), today.AddDays(n%14))
		}
	})
	return cardsFile, loansFile
}

func write(b *testing.B, path, header string, rows func(*bufio.Writer)) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, header)
	rows(w)
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
}

// link gives the first card active mandates of the five after it.
func link(b *testing.B, address string) {
	b.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, address, store.Options{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	book := mandate.Book{Store: s, Now: time.Now, Zone: time.UTC}
	holder := func(n int) card.Holder {
		num, err := card.ParseNumber(number(n))
		if err != nil {
			b.Fatal(err)
		}
		h, err := s.KnowCard(ctx, card.Card{Number: num, Name: "Lener " + strconv.Itoa(n)})
		if err != nil {
			b.Fatal(err)
		}
		return h
	}
	for n := 1; n < household; n++ {
		err := book.Link(ctx, mandate.Link{Staff: "bench", Grantor: holder(n), Grantee: holder(0), Scopes: mandate.Scopes})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// process is the program, serving.
type process struct {
	base string
	pid  int
	stop func()
}

// serve starts the program, with settings such as HOOFDPAS_LIBRARY_KEEP=0s.
func serve(b testing.TB, binary, address string, settings ...string) *process {
	b.Helper()
	c := exec.CommandContext(context.Background(), binary, "--store", address, "serve", "--listen", "127.0.0.1:0")
	c.Env = append(os.Environ(), settings...)
	stderr, err := c.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	var once sync.Once
	stop := func() {
		once.Do(func() {
			_ = c.Process.Signal(syscall.SIGTERM)
			_ = c.Wait()
		})
	}
	b.Cleanup(stop)
	found := make(chan string, 1)
	go func() {
		var once sync.Once
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if m := regexp.MustCompile(`public=(\S+)`).FindStringSubmatch(lines.Text()); m != nil {
				once.Do(func() { found <- m[1] })
			}
		}
	}()
	select {
	case base := <-found:
		return &process{base: base, pid: c.Process.Pid, stop: stop}
	case <-time.After(startTries):
		b.Fatal("the program did not start")
		return nil
	}
}

// memory is a figure of the process in MB, as the kernel counts it.
func (p *process) memory(b testing.TB, figure string) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		b.Skip("memory is read from /proc, which this system does not have")
	}
	m := regexp.MustCompile(figure + `:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		b.Fatalf("no %s in /proc", figure)
	}
	kb, _ := strconv.Atoi(string(m[1]))
	return float64(kb) / 1024
}

func signIn(b testing.TB, base, number, from string) *visitor {
	b.Helper()
	v := newVisitorFrom(b, base, from)
	v.open("/inloggen")
	v.press("Inloggen", map[string]string{"Lenersnummer": number, "Wachtwoord": password})
	if strings.HasPrefix(v.at.Path, "/wachtwoord") {
		v.press("Instellen", map[string]string{"Nieuw wachtwoord nogmaals": ownWord, "Nieuw wachtwoord": ownWord})
	}
	if v.open("/geleend"); v.at.Path != "/geleend" {
		b.Fatalf("card %s was not let in: %s", number, v.page.Find("main").Text())
	}
	return v
}

func BenchmarkMember(b *testing.B) {
	binary, address := library(b)
	p := serve(b, binary, address)
	v := signIn(b, p.base, number(0), "127.0.0.1")
	b.Run("home", func(b *testing.B) { beside(b, p, v, "/") })
	b.Run("loans", func(b *testing.B) { beside(b, p, v, "/geleend") })
	b.Run("relations", func(b *testing.B) { beside(b, p, v, "/relaties") })
	renew(b, p, v).report(b, "renew")
	loginsAtOnce(b, p).report(b, "logins")
}

// figures are what something that can be done only once gave, by unit.
type figures map[string]float64

// report prints them as a benchmark of their own: there is no loop to time.
func (f figures) report(b *testing.B, name string) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		for b.Loop() { //nolint:revive // nothing to repeat
		}
		b.ReportMetric(0, "ns/op")
		for unit, value := range f {
			b.ReportMetric(value, unit)
		}
	})
}

// beside fetches a page and, right after it, the same bytes from a bare handler.
func beside(b *testing.B, p *process, v *visitor, path string) {
	b.Helper()
	v.open(path)
	same := v.body
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(same)
	}))
	defer bare.Close()
	plain := newVisitor(b, bare.URL)
	fetch := func(v *visitor, path string) time.Duration {
		started := time.Now()
		v.open(path)
		return time.Since(started)
	}
	var ours, theirs time.Duration
	rounds := 0
	for b.Loop() {
		ours += fetch(v, path)
		theirs += fetch(plain, "/")
		rounds++
	}
	b.ReportMetric(float64(ours)/float64(theirs), "x-bare")
	b.ReportMetric(ours.Seconds()*1000/float64(rounds), "ms/page")
	b.ReportMetric(float64(len(same))/1024, "KB/page")
	b.ReportMetric(p.memory(b, "VmRSS"), "MB-rss")
}

// renew renews every loan of the six cards once, as their tabs show them, each
// beside a bare handler that answers with the same redirect and page.
func renew(b *testing.B, p *process, v *visitor) figures {
	b.Helper()
	v.open("/geleend")
	same := v.body
	mux := http.NewServeMux()
	mux.HandleFunc("POST /geleend/verlengen", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/geleend", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /geleend", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(same) })
	bare := httptest.NewServer(mux)
	defer bare.Close()
	plain := newVisitor(b, bare.URL)
	var tabs []string
	v.page.Find("nav a[href^='/geleend?']").Each(func(_ int, a *goquery.Selection) { tabs = append(tabs, a.AttrOr("href", "")) })
	var ours, theirs time.Duration
	done := 0
	press := func(v *visitor) time.Duration {
		started := time.Now()
		v.press("Verlengen", nil) // the first: what was renewed stands last
		return time.Since(started)
	}
	for _, tab := range append([]string{"/geleend"}, tabs...) {
		for range loansEach {
			v.open(tab)
			plain.open("/geleend")
			ours += press(v)
			theirs += press(plain)
			if strings.Contains(v.page.Find("main").Text(), "Verlengd") {
				done++
			}
		}
	}
	if done < household*loansEach {
		b.Fatalf("%d of %d loans were renewed", done, household*loansEach)
	}
	return figures{
		"renewals": float64(done), "ms/renewal": ours.Seconds() * 1000 / float64(done),
		"x-bare": float64(ours) / float64(theirs), "MB-rss": p.memory(b, "VmRSS"),
	}
}

// loginsAtOnce logs 200 members in together, each from an address of their own.
func loginsAtOnce(b *testing.B, p *process) figures {
	b.Helper()
	before := p.memory(b, "VmRSS")
	started := time.Now()
	var all sync.WaitGroup
	for n := 1; n < logins; n++ {
		all.Go(func() {
			v := newVisitorFrom(b, p.base, "127.0.0."+strconv.Itoa(n+1))
			v.open("/inloggen")
			v.press("Inloggen", map[string]string{"Lenersnummer": number(n), "Wachtwoord": password})
			if !strings.HasPrefix(v.at.Path, "/wachtwoord") {
				b.Errorf("card %d was not let in: %s", n, v.page.Find("main").Text())
			}
		})
	}
	all.Wait()
	return figures{
		"logins/s": float64(logins-1) / time.Since(started).Seconds(),
		"MB-peak":  p.memory(b, "VmHWM"), "MB-before": before,
	}
}
