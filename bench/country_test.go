package bench_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hoofdpas/bench/country"
	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// seed of every country.
const seed = 1

// TestCountry makes countries of the sizes in COUNTRY_SIZES, such as
// "40000 4000000", on both databases, measures the program on each, and writes
// docs/performance.md.
//
// What is made stays in tmp/country and is found again as long as seed, size and
// schema are the same.
func TestCountry(t *testing.T) {
	asked := os.Getenv("COUNTRY_SIZES")
	if asked == "" {
		t.Skip("make bench-country makes a whole country")
	}
	dir, err := filepath.Abs("../tmp/country")
	must(t, err)
	must(t, os.MkdirAll(dir, 0o755)) //nolint:gosec // PostgreSQL's user must be able to go in
	r := &report{Day: calendar.Today(time.Now(), time.UTC).String(), Machine: machine(t), Settings: postgresSettings}
	r.template(t)
	binary := built(t)
	for _, e := range []engine{sqliteEngine(t, dir), postgresEngine(t, filepath.Join(dir, "postgres"))} {
		of := engineReport{Name: e.name, Version: e.version}
		for _, word := range strings.Fields(asked) {
			cards, err := strconv.Atoi(word)
			must(t, err)
			if cards < country.Least || cards%10 != 0 {
				t.Fatalf("%d cards: at least %d, in tens", cards, country.Least)
			}
			n := nation{t: t, binary: binary, dir: dir, land: country.New(cards, seed, handedOver(t, dir)), key: fmt.Sprintf("%d_s%d_v%d", cards, seed, schema(t))}
			m := n.in(e)
			f := n.measure(e, m)
			f.made = m
			of.Sizes = append(of.Sizes, f)
		}
		r.Engines = append(r.Engines, of)
		r.write(t, "../docs/performance.md")
	}
}

// handedOver is the day of the files in the cache.
func handedOver(t testing.TB, dir string) calendar.Date {
	t.Helper()
	path := filepath.Join(dir, "day")
	text, err := os.ReadFile(path)
	if err != nil {
		text = []byte(calendar.Today(time.Now(), time.UTC).String())
		must(t, os.WriteFile(path, text, 0o600))
	}
	day, err := calendar.ParseISO(string(text))
	must(t, err)
	return day
}

func schema(t testing.TB) int64 {
	t.Helper()
	_, want, err := storetest.Open(t, storetest.SQLiteAddress(t)).SchemaVersion(t.Context())
	must(t, err)
	return want
}

// pages are those that are measured; loans is also loaded by many at once.
var pages = []string{"/geleend", "/betalen", "/relaties"}

// latency is of one page in milliseconds.
type latency struct{ Median, P99 float64 }

// sizeReport is what was measured at one size.
type sizeReport struct {
	made
	Start float64 // from starting the program to its first page, in ms
	// Latencies by page ("/inloggen" is logging in) and size of household.
	Latencies        map[string]map[int]latency
	Ours, Bare       float64 // requests for the loans page a second
	PageKB           float64
	RSS, Peak        float64 // MB, while it serves; at most, with log-ins
	Renewals, Joints rate
	Common, Nobody   float64 // ms to look for a name at the desk that many have, and nobody
}

// rate is how often a second we did something, and a bare transaction that
// writes as many rows.
type rate struct{ Ours, Bare, Rows float64 }

func (n nation) measure(e engine, m made) (f sizeReport) {
	n.t.Helper()
	var p *process
	n.timedAs("measuring pages on "+e.name, func() {
		began := time.Now()
		p = serve(n.t, n.binary, e.address(m.Name))
		newVisitor(n.t, p.base).open("/inloggen")
		f.Start = ms(time.Since(began))
		n.delivered(e, m)
		f.Latencies = map[string]map[int]latency{"/inloggen": {}}
		for _, path := range pages {
			f.Latencies[path] = map[int]latency{}
		}
		for _, size := range country.Known {
			everybody, took := n.logIn(p, size)
			f.Latencies["/inloggen"][size] = latencyOf(took)
			for _, path := range pages {
				f.Latencies[path][size] = latencyOf(inTurn(everybody, path))
			}
			if size == 3 {
				n.load(p, everybody, &f)
			}
		}
		f.Peak = p.memory(n.t, "VmHWM")
		p.stop()
	})
	n.timedAs("measuring changes on "+e.name, func() { n.changes(e, m, &f) })
	return f
}

// delivered waits until the library system has been told of the payments that an
// earlier run left: that is work beside the pages.
func (n nation) delivered(e engine, m made) {
	n.t.Helper()
	s, err := store.Open(n.t.Context(), e.address(m.Name), store.Options{Now: time.Now})
	must(n.t, err)
	defer s.Close()
	for looks := time.NewTicker(time.Second); ; <-looks.C {
		waiting, err := s.Tally(n.t.Context())
		must(n.t, err)
		if waiting.Undelivered == 0 {
			looks.Stop()
			return
		}
	}
}

// logIn logs the households of a size in, five times each from an address of its
// own, and returns who came in last.
func (n nation) logIn(p *process, size int) (everybody []*visitor, took []time.Duration) {
	n.t.Helper()
	const rounds = 5
	for round := range rounds {
		everybody = everybody[:0]
		for i, numbers := range n.land.Households(size) {
			v := newVisitorFrom(n.t, p.base, fmt.Sprintf("127.%d.%d.%d", size, round, i+1))
			v.open("/inloggen")
			took = append(took, timed(func() {
				v.press("Inloggen", map[string]string{"Lenersnummer": numbers[0], "Wachtwoord": ownWord})
			}))
			if v.at.Path != "/" {
				n.t.Fatalf("card %s was not let in: %s", numbers[0], v.page.Find("main").Text())
			}
			everybody = append(everybody, v)
		}
	}
	return everybody, took
}

// inTurn opens a page for one visitor after the other.
func inTurn(everybody []*visitor, path string) (took []time.Duration) {
	const rounds = 30
	for range rounds {
		for _, v := range everybody {
			took = append(took, v.fetch(path))
		}
	}
	return took
}

func latencyOf(took []time.Duration) latency {
	slices.Sort(took)
	return latency{ms(took[len(took)/2]), ms(took[len(took)*99/100])}
}

// load has wrk ask for the loans page, from many at once, and then a bare handler
// for the same bytes.
func (n nation) load(p *process, everybody []*visitor, f *sizeReport) {
	n.t.Helper()
	path := pages[0]
	for _, v := range everybody {
		v.open(path)
	}
	slices.SortFunc(everybody, func(v, w *visitor) int { return len(v.body) - len(w.body) })
	same := everybody[len(everybody)/2].body // a page of middling size
	f.PageKB = float64(len(same)) / 1024
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(same)
	}))
	defer bare.Close()
	var cookies strings.Builder
	at, err := url.Parse(p.base)
	must(n.t, err)
	for _, v := range everybody {
		var pairs []string
		for _, c := range v.client.Jar.Cookies(at) {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
		fmt.Fprintln(&cookies, strings.Join(pairs, "; "))
	}
	file := filepath.Join(n.t.TempDir(), "cookies")
	must(n.t, os.WriteFile(file, []byte(cookies.String()), 0o600))
	wrk := func(address string) float64 {
		said := tool(n.t, "", "wrk", "--threads=2", "--connections=8", "--duration=10s", "--script=testdata/cookies.lua", address, "--", file)
		m := regexp.MustCompile(`Requests/sec:\s+([\d.]+)`).FindStringSubmatch(said)
		if m == nil || strings.Contains(said, "Non-2xx") || strings.Contains(said, "Socket errors") {
			n.t.Fatalf("wrk says: %s", said)
		}
		rate, err := strconv.ParseFloat(m[1], 64)
		must(n.t, err)
		return rate
	}
	f.Ours = wrk(p.base + path)
	f.RSS = p.memory(n.t, "VmRSS")
	f.Bare = wrk(bare.URL)
}

// changes measures renewals and joint payments in this process, each right beside
// bare inserts, and looking for a name.
func (n nation) changes(e engine, m made, f *sizeReport) {
	n.t.Helper()
	ctx := n.t.Context()
	s, err := store.Open(ctx, e.address(m.Name), store.Options{Now: time.Now})
	must(n.t, err)
	defer s.Close()
	bare, err := sql.Open(e.driver, e.plain(m.Name))
	must(n.t, err)
	defer bare.Close()
	bare.SetMaxOpenConns(1)
	_, err = bare.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS bare (a BIGINT, b BIGINT, c BIGINT, d BIGINT, e TEXT, f TEXT, g TEXT, h TEXT)`)
	must(n.t, err)
	var households [][]mandate.Permit
	c := furnish(n.t, s, bare, nil)
	for _, numbers := range n.land.Households(3) {
		number, err := card.ParseNumber(numbers[0])
		must(n.t, err)
		a, ok, err := s.AccountByNumber(ctx, number)
		if err != nil || !ok {
			n.t.Fatalf("card %s has no account: %v", numbers[0], err)
		}
		permits, err := c.book.Permits(ctx, mandate.Actor{Holder: a.Holder})
		must(n.t, err)
		households = append(households, permits)
	}
	f.Renewals = c.renewals(n.t, s, households)
	c.family = []card.Holder{households[0][0].Actor().Holder}
	f.Joints = c.joints(n.t)
	find := func(name string) float64 {
		return ms(median(func() {
			_, err := s.FindLibraryCards(ctx, builtin.Words(name), account.MostFound)
			must(n.t, err)
		}))
	}
	f.Common, f.Nobody = find("jansen"), find("zzyzx")
}

// renewals renews every loan of linked cards once, a renewal and a line in the
// log each, in two transactions. First their dates go back to
// what they were before an earlier run.
func (c *counter) renewals(t testing.TB, s *store.Store, households [][]mandate.Permit) rate {
	t.Helper()
	system := &builtin.System{Tables: s, Rules: builtin.Rules{Default: builtin.Category{LoanDays: 30, MaxRenewals: 3, FeeLimit: 1 << 40}, Zone: time.UTC}, Now: time.Now}
	office := circulation.Office{System: system, Journal: c.book, Log: slog.New(slog.DiscardHandler)}
	var ours, theirs time.Duration
	done := 0
	for _, permits := range households {
		for _, p := range permits {
			if p.OwnCard() {
				continue
			}
			_, err := c.bare.ExecContext(t.Context(), `UPDATE library_loans SET due_on = file_due_on, renewals = 0, reserved = FALSE WHERE card_number = $1`, p.Card().Number.Text())
			must(t, err)
			loans, err := office.Loans(t.Context(), p)
			must(t, err)
			for _, l := range loans {
				ours += timed(func() {
					_, err := office.Renew(t.Context(), p, l.ID, l.DueOn)
					must(t, err)
				})
				theirs += timed(func() { c.insert(t, 2, 2) })
				done++
			}
		}
	}
	return rate{float64(done) / ours.Seconds(), float64(done) / theirs.Seconds(), 2}
}

// joints books joint payments of a household of three.
func (c *counter) joints(t testing.TB) rate {
	t.Helper()
	r := testing.Benchmark(func(b *testing.B) { c.measure(b, 1, c.desk) })
	if r.N == 0 {
		t.Fatal("no joint payment was booked")
	}
	return rate{r.Extra["payments/s"], r.Extra["bare/s"], r.Extra["rows/payment"]}
}
