package bench_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/store"
)

// slowAnswer is how long each answer of the slow library system takes.
const slowAnswer = 150 * time.Millisecond

// BenchmarkSlowLibrary opens pages over a Koha that takes 150 ms for each answer:
// the first page of a main card with five linked cards, which shows the loans and
// fees of all six, and the loans page of 200 members at once. Each stands beside
// the same program without bounds on what it asks (unbounded: 1000 calls at once
// and nothing kept), right after it in the same run.
//
//	household/first  the program has just started and knows nobody
//	household/anew   it knows who they are, and keeps no loans and no fees
//	household/again  within the half minute that loans and fees are kept
//	together         200 members open their loans at the same moment
func BenchmarkSlowLibrary(b *testing.B) {
	k := newSlowKoha(b)
	binary, address := built(b), "sqlite:"+filepath.Join(b.TempDir(), "library.db")
	prepare(b, address)
	settings := []string{
		"HOOFDPAS_LIBRARY_SYSTEM=koha", "HOOFDPAS_LIBRARY_KOHA_URL=" + k.url,
		"HOOFDPAS_LIBRARY_KOHA_USER=" + kohatest.User, "HOOFDPAS_LIBRARY_KOHA_PASSWORD=" + kohatest.Password,
	}
	kept := append(settings, "HOOFDPAS_LOG_LEVEL=info")
	anew := append(settings, "HOOFDPAS_LIBRARY_KEEP=0s")
	unbounded := append(anew, "HOOFDPAS_LIBRARY_CALLS_AT_ONCE=1000")

	p := serve(b, binary, address, kept...)
	everybody := signAllIn(b, p.base)
	p.stop()
	mother := everybody[0]
	k.takes.Store(int64(slowAnswer))
	for _, run := range []struct {
		name, again string
		settings    []string
		together    bool
	}{
		{"guarded", "again", kept, true},
		{"guarded", "anew", anew, false},
		{"unbounded", "anew", unbounded, true},
	} {
		p := serve(b, binary, address, run.settings...)
		mother.base = p.base
		open := func() {
			mother.open("/")
			if lacks(mother) {
				b.Errorf("the page lacks something: %s", mother.page.Find("main").Text())
			}
		}
		first := timed(open)
		again := median(open)
		if run.together {
			inAnswers(first).report(b, "household/first/"+run.name)
		}
		inAnswers(again).report(b, "household/"+run.again+"/"+run.name)
		if run.name == "guarded" && again > 2*slowAnswer {
			b.Errorf("the page of six cards took %v, above two answers' time", again)
		}
		if run.together {
			f := together(k, everybody, p)
			f["MB-rss"] = p.memory(b, "VmRSS")
			f.report(b, "together/"+run.name)
			if run.name == "guarded" && f["connections"] > atOnceGuarded {
				b.Errorf("there were %v connections", f["connections"])
			}
		}
		p.stop()
	}
}

// atOnceGuarded is the default of library.calls_at_once.
const atOnceGuarded = 16

func inAnswers(d time.Duration) figures {
	return figures{"ms/page": ms(d), "answers": d.Seconds() / slowAnswer.Seconds()}
}

// median is how long it took in the middle one of some tries.
func median(what func()) time.Duration {
	var took [7]time.Duration
	for i := range took {
		took[i] = timed(what)
	}
	slices.Sort(took[:])
	return took[len(took)/2]
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

func timed(what func()) time.Duration {
	began := time.Now()
	what()
	return time.Since(began)
}

// lacks reports whether a part of the page could not be had.
func lacks(v *visitor) bool {
	return strings.Contains(v.page.Find("main").Text(), "Probeer opnieuw") || v.page.Find(".loan").Length() == 0
}

// together opens the loans of all members at once. lacking counts the pages
// without their loans: those who waited too long for a turn.
func together(k *slowKoha, everybody []*visitor, p *process) figures {
	k.begin()
	var all sync.WaitGroup
	var lacking atomic.Int64
	took := make([]time.Duration, len(everybody))
	began := time.Now()
	for i, v := range everybody {
		v.base = p.base
		all.Go(func() {
			took[i] = timed(func() { v.open("/geleend") })
			if lacks(v) {
				lacking.Add(1)
			}
		})
	}
	all.Wait()
	whole := time.Since(began)
	slices.Sort(took)
	asked, atOnce, connections := k.counts()
	return figures{
		"ms/median": ms(took[len(took)/2]), "ms/slowest": ms(took[len(took)-1]),
		"pages/s": float64(len(everybody)) / whole.Seconds(), "lacking": float64(lacking.Load()),
		"calls": float64(asked), "calls-at-once": float64(atOnce), "connections": float64(connections),
	}
}

// signAllIn logs the members in, a few at a time, and lets each choose a password.
func signAllIn(b *testing.B, base string) []*visitor {
	b.Helper()
	all := make([]*visitor, logins)
	var some sync.WaitGroup
	turns := make(chan struct{}, 4)
	for n := range all {
		some.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			v := newVisitorFrom(b, base, "127.0.0."+strconv.Itoa(n+1))
			v.open("/inloggen")
			v.press("Inloggen", map[string]string{"Lenersnummer": number(n), "Wachtwoord": password})
			v.press("Instellen", map[string]string{"Nieuw wachtwoord nogmaals": ownWord, "Nieuw wachtwoord": ownWord})
			if v.at.Path != "/" {
				b.Errorf("card %d was not let in: %s", n, v.page.Find("main").Text())
			}
			all[n] = v
		})
	}
	some.Wait()
	return all
}

// prepare makes the store, in which the first card has mandates of five others.
func prepare(b *testing.B, address string) {
	b.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, address, store.Options{Now: time.Now})
	must(b, err)
	must(b, s.Migrate(ctx))
	must(b, s.Close())
	link(b, address)
}

// slowKoha is a Koha that counts who asks it at once.
type slowKoha struct {
	url   string
	koha  http.Handler
	takes atomic.Int64 // as a time.Duration

	mu               sync.Mutex
	asked, now, most int
	connMost         int
	connected        map[net.Conn]bool
}

func newSlowKoha(b *testing.B) *slowKoha {
	b.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	must(b, err)
	server := kohatest.New(kohatest.Options{Version: kohatest.V2505, Zone: zone})
	server.Fill(members(b, zone))
	k := &slowKoha{koha: server, connected: map[net.Conn]bool{}}
	listening := httptest.NewUnstartedServer(k)
	listening.Config.ConnState = k.connection
	listening.Start()
	b.Cleanup(listening.Close)
	k.url = listening.URL
	return k
}

// members are the cards that log in, each with five loans and a fee.
func members(b *testing.B, zone *time.Location) (l librarytest.Library) {
	b.Helper()
	today := calendar.Today(time.Now(), zone)
	for n := range logins {
		num, err := card.ParseNumber(number(n))
		must(b, err)
		l.Cards = append(l.Cards, librarytest.Card{
			Card: card.Card{Number: num, Name: "Lener " + strconv.Itoa(n), ExpiresOn: today.AddDays(300)}, FirstPassword: password,
		})
		for i := range loansEach {
			id := fmt.Sprintf("%d-%d", n, i)
			l.Loans = append(l.Loans, librarytest.Loan{Holder: num, Loan: circulation.Loan{
				ID: circulation.LoanID(id), Item: "3" + id, Title: "Het boek van dag " + id, LentOn: today.AddDays(-10), DueOn: today.AddDays(i + 1),
			}})
		}
		l.Fees = append(l.Fees, librarytest.Fee{Holder: num, Fee: circulation.Fee{
			ID: circulation.FeeID(strconv.Itoa(n)), Kind: circulation.Damage, Description: "Kapot", Amount: 250, ChargedOn: today.AddDays(-3),
		}})
	}
	return l
}

// connection keeps count of the open connections.
func (k *slowKoha) connection(c net.Conn, state http.ConnState) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch state {
	case http.StateNew:
		k.connected[c] = true
	case http.StateClosed, http.StateHijacked:
		delete(k.connected, c)
	case http.StateActive, http.StateIdle:
	}
	k.connMost = max(k.connMost, len(k.connected))
}

// ServeHTTP implements http.Handler.
func (k *slowKoha) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	k.asked++
	k.now++
	k.most = max(k.most, k.now)
	k.mu.Unlock()
	select {
	case <-time.After(time.Duration(k.takes.Load())):
	case <-r.Context().Done():
	}
	k.koha.ServeHTTP(w, r)
	k.mu.Lock()
	k.now--
	k.mu.Unlock()
}

// begin counts anew.
func (k *slowKoha) begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked, k.most, k.connMost = 0, 0, 0
}

func (k *slowKoha) counts() (asked, atOnce, connections int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked, k.most, k.connMost
}
