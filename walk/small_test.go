package walk

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// TestWithoutScript does what members come for in a browser that runs no
// scripts.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	s := tell(t)
	plain := phone
	plain.withoutScript = true
	parent, child := s.Visitor(plain), s.Visitor(plain)
	s.Step("first log-in, and a password of one's own", func() {
		parent.LogInFirst(marieke)
		child.LogInFirst(sem)
	})
	s.Step("ask, and confirm", func() {
		parent.Relations()
		parent.Request(sem, askToAct, "Verlengen", "Betalen")
		parent.Sees(sentForward)
		child.Relations()
		child.Press("Bevestigen")
		child.Press("Bevestigen")
	})
	s.Step("renew", func() {
		parent.Open("/geleend")
		parent.Follow(sem.name)
		parent.Press("Alles verlengen")
		parent.Sees("verlengd")
	})
	s.Step("pay jointly", func() {
		parent.Open("/betalen")
		parent.Follow("Samen betalen")
		parent.Pay("Betaald")
		parent.Sees("Dank je wel")
	})
	s.Step("the desk", func() {
		desk := plain
		desk.width, desk.height, desk.phone = desktop.width, desktop.height, false
		p := s.Visitor(desk)
		p.LogInAtDesk()
		p.OpenTill("100,00")
		p.FindCard(fatima.number)
		p.Press("PIN")
		p.Sees("PIN")
	})
}

// TestLanguageSwitchKeepsYourPlace: English is one click away, and so is Dutch.
func TestLanguageSwitchKeepsYourPlace(t *testing.T) {
	t.Parallel()
	s := tell(t)
	p := s.Visitor(desktop)
	p.Open("/inloggen?naar=%2Frelaties")
	p.Follow("English")
	p.Has(aButton, "Log in")
	p.Follow("Nederlands")
	p.LogIn(marieke.number, marieke.first)
	p.Follow("English")
	p.At("/wachtwoord")
	p.Follow("Nederlands")
	p.ChoosePassword("te kort") // a form that has to be corrected comes back as a form
	p.Follow("English")
	p.At("/wachtwoord")
	p.Follow("Nederlands")
	p.ChoosePassword(theSame)
	for _, at := range []string{"/", "/menu", "/geleend", "/betalen", "/betalen/samen", "/betalingen", "/relaties", "/relaties/logboek", "/mijn-gegevens"} {
		p.Open(at)
		p.Follow("English")
		p.At(at)
		if lang := ask(p, "read the language", chromedp.Evaluate[string](`document.documentElement.lang`)); lang != "en" {
			p.fail("the page is in %q", lang)
		}
		p.Follow("Nederlands")
		p.At(at)
	}
}

// TestDoubleClickPaysOnce: who clicks Betalen twice starts one payment.
func TestDoubleClickPaysOnce(t *testing.T) {
	t.Parallel()
	s := tell(t)
	p := s.Visitor(desktop)
	p.LogInFirst(marieke)
	p.Open("/betalen")
	p.do("click twice", twice(p.one(aButton, "Betalen")))
	p.arrive() // the second click cancels the page of the first
	p.Press("Betaald")
	p.Sees("Dank je wel")
	p.Open("/betalingen")
	payments := ask(p, "count the payments", chromedp.Evaluate[int](
		`new Set([...document.querySelectorAll('main a[href^="/betaling/"]')].map(a => a.href)).size`))
	if payments != 1 {
		p.fail("%d payments", payments)
	}
}

// twice clicks as somebody does who is used to desktop icons.
func twice(x thing) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		left, top, err := x.middle(ctx, t)
		if err != nil {
			return err
		}
		for click := range int64(2) {
			for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
				if _, err := cdp.Call(ctx, t, input.DispatchMouseEvent, input.DispatchMouseEventParams{
					Type: kind, X: left, Y: top, Button: input.MouseButtonLeft, ClickCount: click + 1,
				}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// TestNobodyElsesPages: an address that belongs to another card answers as one
// that does not exist.
func TestNobodyElsesPages(t *testing.T) {
	t.Parallel()
	s := tell(t)
	p, other := s.Visitor(desktop), s.Visitor(desktop)
	other.LogInFirst(marieke)
	other.Open("/betalen")
	other.Pay("Betaald")
	p.LogInFirst(fatima)
	p.Open("/bestaat-niet")
	p.Answered(404)
	none := p.Text()
	mine := 0
	addresses := []string{"/betaling/1", "/betaling/999999", "/geleend?pas=999999", "/betalen?pas=999999", "/geleend?pas=x"}
	const cards = 8 // the first cards of the demo, hers among them
	for id := range cards {
		addresses = append(addresses, fmt.Sprintf("/geleend?pas=%d", id+1))
	}
	for _, at := range addresses {
		p.Open(at)
		if p.status == 200 {
			mine++
			continue
		}
		p.Answered(404)
		if text := p.Text(); text != none {
			t.Errorf("%s is not answered as what does not exist:\n%s", at, text)
		}
	}
	if mine > 1 {
		t.Errorf("she sees the loans of %d cards", mine)
	}
}
