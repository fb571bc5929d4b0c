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
			return answered, fmt.Errorf("%s: no answer: status %d, %w", path, answered.status, err)
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

// pay begins a payment over some of the household's fees and does with it what
// people do. It reports whether one was begun.
func (p *payer) pay() (bool, error) {
	fees, err := p.ask([]string{"/betalen/samen", "/betalen/samen", "/betalen"}[p.random.IntN(3)], nil)
	if err != nil {
		return false, err
	}
	form := fees.hidden("/betalen")
	var boxes []string
	fees.Find("input[name=kosten]:not([disabled])").Each(func(_ int, in *goquery.Selection) { boxes = append(boxes, in.AttrOr("value", "")) })
	if len(boxes) == 0 {
		return false, nil
	}
	p.random.Shuffle(len(boxes), func(i, j int) { boxes[i], boxes[j] = boxes[j], boxes[i] })
	form["kosten"] = boxes[:1+p.random.IntN(min(4, len(boxes)))]
	began, err := p.send(form)
	if err != nil || !strings.HasPrefix(began.at.Path, "/betaling/") {
		return false, err // held by the other parent, or paid meanwhile
	}
	payment := strings.TrimSuffix(began.at.Path, "/naar-de-bank")
	html, err := began.Html()
	if err != nil {
		return false, err
	}
	ref := refOf.FindStringSubmatch(html)
	if ref == nil {
		return false, nil // ended before its page came
	}
	return true, p.finish(payment, ref[1])
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
func (p *payer) finish(payment, ref string) error {
	bank := p.world.bank
	late := p.openFor + time.Duration(p.random.Int64N(int64(p.openFor)))
	switch n := p.random.IntN(100); {
	case n < 50: // pays
		_ = bank.Finish(ref, mollietest.Paid) // too late when it expired here meanwhile, and likewise below
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
