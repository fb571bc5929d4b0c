package failover

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/sync/errgroup"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/password"
	"hoofdpas/internal/provider/mollie/mollietest"
	"hoofdpas/internal/store"
)

// The people. Each payer has a household whose fees they pay together; each changer
// ends the mandates that others gave them, one by one.
const (
	payers, heads, feesEach = 12, 4, 60
	changers, grantors      = 8, 60
	secret                  = "Zelfde-voor-ons-allen1!"
)

// number is the card number of somebody's nth card; the first is their own.
func number(person, nth int) string { return fmt.Sprintf("2000%06d%03d", person, nth) }

// fill imports the cards and the fees, and makes the mandates.
func (in *instances) fill() {
	in.t.Helper()
	cards, fees := filepath.Join(in.folder, "cards.csv"), filepath.Join(in.folder, "fees.csv")
	write(in.t, cards, "card_number,name,birth_date,category", func(w *bufio.Writer) {
		for person := range payers + changers {
			for nth := range cardsOf(person) {
				fmt.Fprintf(w, "%s,Lener %d van %d,1990-01-01,volwassen\n", number(person, nth), nth, person)
			}
		}
	})
	write(in.t, fees, "fee_id,card_number,kind,description,amount,charged_on", func(w *bufio.Writer) {
		for person := range payers {
			for nth := range heads {
				for fee := range feesEach {
					fmt.Fprintf(w, "F%d-%d-%d,%s,lost,Boek %d,%d.%02d,2026-01-02\n", person, nth, fee, number(person, nth), fee, nth, 1+fee)
				}
			}
		}
	})
	in.must("import", "--cards", cards, "--fees", fees)
	ctx := context.Background()
	s, err := store.Open(ctx, in.cluster.byItself(), store.Options{Now: time.Now})
	if err != nil {
		in.t.Fatal(err)
	}
	defer s.Close()
	hash, err := password.New(1).Hash(ctx, secret)
	if err != nil {
		in.t.Fatal(err)
	}
	book := mandate.Book{Store: s, Now: time.Now, Zone: time.UTC}
	var all errgroup.Group
	all.SetLimit(4)
	for person := range payers + changers {
		all.Go(func() error { return link(ctx, s, book, person, hash) })
	}
	if err := all.Wait(); err != nil {
		in.t.Fatal(err)
	}
}

// link gives somebody a password, and the mandates of others.
func link(ctx context.Context, s *store.Store, book mandate.Book, person int, hash account.Hash) error {
	scopes := mandate.Scopes
	if person >= payers {
		scopes = []mandate.Scope{mandate.Renew}
	}
	var me card.Holder
	for nth := range cardsOf(person) {
		n, err := card.ParseNumber(number(person, nth))
		if err != nil {
			return err
		}
		h, err := s.KnowCard(ctx, card.Card{Number: n, Name: fmt.Sprintf("Lener %d van %d", nth, person)})
		if err != nil {
			return err
		}
		if nth > 0 {
			if err := book.Link(ctx, mandate.Link{Staff: "failover", Grantor: h, Grantee: me, Scopes: scopes}); err != nil {
				return err
			}
			continue
		}
		me = h
		if _, ok, err := s.SetPassword(ctx, me.ID, hash, 0); err != nil || !ok {
			return fmt.Errorf("set a password: %t, %w", ok, err)
		}
	}
	return nil
}

func cardsOf(person int) int {
	if person < payers {
		return heads
	}
	return 1 + grantors
}

func write(t *testing.T, path, header string, rows func(*bufio.Writer)) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, header)
	rows(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// diary is what people were told, and when.
type diary struct {
	mu       sync.Mutex
	told     []time.Time       // when somebody was told that a change was kept
	begun    map[string]string // payments that were begun: the provider's key → ours
	paid     map[string]bool   // payments of which somebody was told that they were paid, by the provider's key
	ended    map[string]bool   // mandates that somebody was told had ended
	sent     map[string]bool   // mandates that somebody asked to end
	patience int               // pages that asked for patience
	allTold  time.Time         // when nothing was left to tell the library system
	faults   []string          // anything else that is no page
}

func (d *diary) note(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, time.Now())
	f()
}

// member is somebody with a browser.
type member struct {
	base, number string
	client       *http.Client
	diary        *diary
}

func newMember(in *instances, d *diary, person int) (*member, error) {
	// An address of their own: those who log in are slowed down by address.
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, 0, byte(1+person))}}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make a browser: %w", err)
	}
	return &member{base: "http://" + in.address, number: number(person, 0), diary: d, client: &http.Client{
		Jar: jar, Transport: &http.Transport{DialContext: from.DialContext}, Timeout: patience,
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if r.URL.Host != in.address {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}}, nil
}

// page is what was answered.
type page struct {
	*goquery.Document
	status int
	at     *url.URL
}

func (p page) says(words string) bool { return strings.Contains(p.Find("main").Text(), words) }

// asksForPatience reports whether it is our page that does: one that comes back by
// itself, or the form with what was typed.
func (p page) asksForPatience(answer *http.Response) bool {
	if answer.Request.Method == http.MethodPost && p.Find(".form-errors").Length() > 0 {
		return true
	}
	return p.Find("h1").Text() == "Even geduld" && answer.Header.Get("Retry-After") != "" &&
		(answer.Request.Method == http.MethodPost) == (answer.Header.Get("Refresh") == "")
}

var errPatience = errors.New("asked for patience")

// once sends a request once. A page that asks for patience is errPatience; anything
// else that is no page is a fault.
func (m *member) once(path string, form url.Values) (page, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(context.Background(), method, m.base+path, body)
	if err != nil {
		return page{}, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := m.client.Do(r)
	if err != nil {
		return page{}, m.fault(method+" "+path, err.Error(), err)
	}
	defer answer.Body.Close()
	doc, err := goquery.NewDocumentFromReader(answer.Body)
	if err != nil {
		return page{}, m.fault(method+" "+path, err.Error(), err)
	}
	p := page{doc, answer.StatusCode, answer.Request.URL}
	switch {
	case p.status < http.StatusInternalServerError:
		return p, nil
	case p.status == http.StatusServiceUnavailable && p.asksForPatience(answer):
		m.diary.mu.Lock()
		defer m.diary.mu.Unlock()
		m.diary.patience++
		return p, errPatience
	}
	return p, m.fault(method+" "+path, fmt.Sprintf("%d %s", p.status, strings.Join(strings.Fields(doc.Text()), " ")), errPatience)
}

func (m *member) fault(what, said string, err error) error {
	m.diary.mu.Lock()
	defer m.diary.mu.Unlock()
	m.diary.faults = append(m.diary.faults, what+": "+said)
	return err
}

// ask sends a request until it is answered by a page: who is asked for patience has
// it, and sends a form again as it was.
func (m *member) ask(path string, form url.Values) (page, error) {
	for until := time.Now().Add(patience); ; pause(500 * time.Millisecond) {
		p, err := m.once(path, form)
		if err == nil || time.Now().After(until) {
			return p, err
		}
	}
}

// fields is the form with the action, as the page filled it in.
func (p page) fields(action string) url.Values {
	fields := url.Values{}
	p.Find("form[action='" + action + "'] input[type=hidden]").Each(func(_ int, in *goquery.Selection) {
		fields.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	return fields
}

func (m *member) logIn() error {
	entry, err := m.ask("/inloggen", nil)
	if err != nil {
		return err
	}
	form := entry.fields("/inloggen")
	entry.Find("form[action='/inloggen'] input").Each(func(_ int, in *goquery.Selection) {
		switch in.AttrOr("type", "text") {
		case "text":
			form.Set(in.AttrOr("name", ""), m.number)
		case "password":
			form.Set(in.AttrOr("name", ""), secret)
		}
	})
	in, err := m.ask("/inloggen", form)
	if err == nil && in.at.Path == "/inloggen" {
		err = errors.New("not let in: " + strings.TrimSpace(in.Find("main").Text()))
	}
	return err
}

// orderOf is the provider's key in the address of its page.
var orderOf = regexp.MustCompile(`/checkout/(tr_\w+)`)

// pay pays some fees of the household together, and looks at the payment until it
// says that it was paid.
func (m *member) pay(bank *mollietest.Server) error {
	fees, err := m.ask("/betalen/samen", nil)
	if err != nil {
		return err
	}
	form := fees.fields("/betalen")
	var boxes []string
	fees.Find("input[name=kosten]:not([disabled])").Each(func(_ int, in *goquery.Selection) { boxes = append(boxes, in.AttrOr("value", "")) })
	if len(boxes) < heads {
		return errors.New("there is nothing left to pay")
	}
	form["kosten"] = []string{boxes[0], boxes[len(boxes)-1]} // of two cards
	began, err := m.ask("/betalen", form)
	if err != nil || began.says("Deze kosten staan niet meer open") {
		return err // the library system heard of the last payment while the page was made: once more, then
	}
	html, err := began.Html()
	if err != nil {
		return err
	}
	ref := orderOf.FindStringSubmatch(html)
	if ref == nil {
		return fmt.Errorf("no payment was begun: %d %s: %s", began.status, began.at, strings.Join(strings.Fields(began.Find(".form-errors, .notice, .lead").Text()), " "))
	}
	at := strings.TrimSuffix(began.at.Path, "/naar-de-bank")
	m.diary.note(func() { m.diary.begun[ref[1]] = strings.TrimPrefix(at, "/betaling/") })
	if err := bank.Finish(ref[1], mollietest.Paid); err != nil {
		return fmt.Errorf("pay at the bank: %w", err)
	}
	for until := time.Now().Add(patience); ; pause(300 * time.Millisecond) {
		shown, err := m.ask(at, nil)
		if err != nil {
			return err
		}
		if shown.says("Dank je wel") {
			m.diary.note(func() { m.diary.paid[ref[1]] = true })
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("payment %s was not booked: %s", at, strings.TrimSpace(shown.Find("h1").Text()))
		}
	}
}

// end ends one mandate, once: who is not told that it ended does not try again, so
// that one that is ended twice would be seen.
func (m *member) end() error {
	all, err := m.ask("/relaties", nil)
	if err != nil {
		return err
	}
	for _, node := range all.Find("form[action$='/beeindigen']").EachIter() {
		action := node.AttrOr("action", "")
		m.diary.mu.Lock()
		before := m.diary.sent[action]
		m.diary.sent[action] = true
		m.diary.mu.Unlock()
		if before {
			continue
		}
		done, err := m.once(action, all.fields(action))
		if err == nil && strings.Contains(done.Text(), "Beëindigd: jij mocht") {
			m.diary.note(func() { m.diary.ended[action] = true })
		}
		return nil
	}
	return errors.New("there is nothing left to end")
}
