package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/PuerkitoBio/goquery"

	"hoofdpas/internal/provider/mollie/mollietest"
)

// payer is a parent with a browser and little patience: when the program does
// not answer, the same form is sent again until it does.
type payer struct {
	number  string
	base    string
	client  *http.Client
	world   *world
	random  *rand.Rand
	openFor time.Duration
}

func newPayer(w *world, number string, n int) (*payer, error) {
	// An address of their own: those who log in are slowed down by address.
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(n/200), byte(1+n%200))}}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make a browser: %w", err)
	}
	return &payer{
		number: number, base: w.program.base(), world: w, openFor: w.openFor,
		random: rand.New(rand.NewPCG(w.seed, uint64(n))),
		client: &http.Client{
			Jar: jar, Transport: &http.Transport{DialContext: from.DialContext, MaxIdleConnsPerHost: 2}, Timeout: patience,
			CheckRedirect: func(r *http.Request, _ []*http.Request) error {
				if r.URL.Host != w.program.address {
					return http.ErrUseLastResponse
				}
				return nil
			},
		},
	}, nil
}

// page is what the program answered.
type page struct {
	*goquery.Document
	status int
	at     *url.URL
}

// ask sends a request until it is answered.
func (p *payer) ask(path string, form url.Values) (page, error) {
	for until := time.Now().Add(patience); ; {
		answered, err := p.once(path, form)
		if err == nil && answered.status < http.StatusInternalServerError {
			return answered, nil
		}
		if time.Now().After(until) {
			return answered, errors.Join(fmt.Errorf("%s: no answer: status %d", path, answered.status), err)
		}
		pause(time.Duration(5+p.random.IntN(40)) * time.Millisecond)
	}
}

func (p *payer) once(path string, form url.Values) (page, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(context.Background(), method, p.base+path, body)
	if err != nil {
		return page{}, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return page{}, err
	}
	defer answer.Body.Close()
	doc, err := goquery.NewDocumentFromReader(answer.Body)
	return page{doc, answer.StatusCode, answer.Request.URL}, err
}

// hidden is the hidden fields of the form with the action.
func (p page) hidden(action string) url.Values {
	fields := url.Values{}
	p.Find("form[action='" + action + "'] input[type=hidden]").Each(func(_ int, in *goquery.Selection) {
		fields.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	return fields
}

func (p *payer) logIn() error {
	entry, err := p.ask("/inloggen", nil)
	if err != nil {
		return err
	}
	form := entry.hidden("/inloggen")
	entry.Find("form[action='/inloggen'] input").Each(func(_ int, in *goquery.Selection) {
		switch in.AttrOr("type", "text") {
		case "text":
			form.Set(in.AttrOr("name", ""), p.number)
		case "password":
			form.Set(in.AttrOr("name", ""), secret)
		}
	})
	in, err := p.ask("/inloggen", form)
	if err == nil && in.at.Path == "/inloggen" {
		err = errors.New("not let in: " + strings.TrimSpace(in.Find("main").Text()))
	}
	return err
}

// refOf is the provider's key in the address of its page.
var refOf = regexp.MustCompile(`/checkout/(tr_\w+)`)

// begun is a payment that was begun: its page here, its key at the provider, and
// the boxes that were ticked.
type begun struct {
	page, ref string
	boxes     []string
}

// pay begins a payment over some of the household's fees and does with it what
// people do.
func (p *payer) pay() error {
	b, err := p.begin([]string{"/betalen/samen", "/betalen/samen", "/betalen"}[p.random.IntN(3)], func(boxes []string) []string {
		p.random.Shuffle(len(boxes), func(i, j int) { boxes[i], boxes[j] = boxes[j], boxes[i] })
		return boxes[:min(1+p.random.IntN(4), len(boxes))]
	})
	if err != nil || b.ref == "" {
		return err
	}
	return p.finish(b)
}

// begin ticks boxes on a page and presses *Betalen*. There is no ref when it
// could not be begun: the other parent was first, or there is nothing to pay.
func (p *payer) begin(path string, choose func(boxes []string) []string) (b begun, err error) {
	fees, err := p.ask(path, nil)
	if err != nil {
		return begun{}, err
	}
	form := fees.hidden("/betalen")
	var all []string
	fees.Find("input[name=kosten]:not([disabled])").Each(func(_ int, in *goquery.Selection) { all = append(all, in.AttrOr("value", "")) })
	if b.boxes = choose(all); len(b.boxes) == 0 {
		return begun{}, nil
	}
	form["kosten"] = b.boxes
	began, err := p.send(form)
	if err != nil || !strings.HasPrefix(began.at.Path, "/betaling/") {
		return begun{}, err
	}
	b.page = strings.TrimSuffix(began.at.Path, "/naar-de-bank")
	html, err := began.Html()
	if err != nil {
		return begun{}, err
	}
	if ref := refOf.FindStringSubmatch(html); ref != nil {
		b.ref = ref[1]
		p.world.payments.Add(1)
	}
	return b, nil
}

// send presses *Betalen*, sometimes twice at once.
func (p *payer) send(form url.Values) (page, error) {
	if p.random.IntN(5) > 0 {
		return p.ask("/betalen", form)
	}
	var again sync.WaitGroup
	defer again.Wait()
	again.Go(func() { _, _ = p.once("/betalen", form) }) // the answer to the first press counts
	return p.ask("/betalen", form)
}

// finish does at the provider, and back here, what people do.
func (p *payer) finish(b begun) error {
	bank, payment, ref := p.world.bank, b.page, b.ref
	late := p.openFor + time.Duration(p.random.Int64N(int64(p.openFor)))
	switch n := p.random.IntN(100); {
	case n < 50: // pays
		_ = bank.Finish(ref, mollietest.Paid) // too late when it expired here meanwhile, and likewise below
	case n < 55: // the time runs out while they pay; they pay once more, and then the first comes too
		_ = bank.Finish(ref, mollietest.Pending)
		return p.payTwice(b)
	case n < 60: // is paying while the time runs out, and is done when it has
		_ = bank.Finish(ref, mollietest.Pending)
		p.world.later(late, func() { _ = bank.Finish(ref, mollietest.Paid) })
		return nil
	case n < 64: // pays another amount
		if o, ok := bank.Order(ref); ok && o.Asked > 100 {
			_ = bank.FinishOther(ref, (o.Asked - 100).String(), "EUR")
		}
	case n < 69: // cancels at the bank
		_ = bank.Finish(ref, mollietest.Canceled)
	case n < 72:
		_ = bank.Finish(ref, mollietest.Failed)
	case n < 80: // closes the browser
		return nil
	case n < 88: // gives up here, with the bank's page still open
		if err := p.giveUp(payment); err != nil {
			return err
		}
		_ = bank.Finish(ref, mollietest.Paid)
	case n < 94: // pays and gives up at once
		var both sync.WaitGroup
		both.Go(func() { _ = bank.Finish(ref, mollietest.Paid) })
		err := p.giveUp(payment)
		both.Wait()
		return err
	default: // pays and never comes back
		_ = bank.Finish(ref, mollietest.Paid)
		return nil
	}
	_, err := p.ask(payment, nil)
	return err
}

// payTwice pays the same fees by another payment, and then by the first one.
func (p *payer) payTwice(first begun) error {
	pause(p.openFor + p.openFor/10)
	if _, err := p.ask(first.page, nil); err != nil { // which ends it here
		return err
	}
	second, err := p.begin("/betalen/samen", func(boxes []string) []string {
		return slices.DeleteFunc(boxes, func(box string) bool { return !slices.Contains(first.boxes, box) })
	})
	if err == nil && second.ref != "" {
		_ = p.world.bank.Finish(second.ref, mollietest.Paid)
		_, err = p.ask(second.page, nil)
	}
	_ = p.world.bank.Finish(first.ref, mollietest.Paid)
	return err
}

func (p *payer) giveUp(payment string) error {
	shown, err := p.ask(payment, nil)
	if err != nil {
		return err
	}
	action := payment + "/stoppen"
	if form := shown.hidden(action); len(form) > 0 {
		_, err = p.ask(action, form)
	}
	return err
}
