package walk

import (
	"context"
	"strings"
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
		parent.Press("Betalen")
		parent.Press("Betaald")
		parent.SeesHeading("Betaald")
	})
	s.Step("the desk", func() {
		desk := plain
		desk.width, desk.height, desk.phone = desktop.width, desktop.height, false
		p := s.Visitor(desk)
		p.LogInAtDesk()
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
	p.goes("click twice", twice(p.one(aButton, "Betalen")))
	p.Press("Betaald")
	p.SeesHeading("Betaald")
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
	p := s.Visitor(desktop)
	p.LogInFirst(fatima)
	var said []string
	for _, at := range []string{"/bestaat-niet", "/geleend?pas=1", "/geleend?pas=999999", "/betaling/1", "/betalen?pas=2"} {
		p.Open(at)
		p.Answered(404)
		said = append(said, p.Text())
	}
	for _, text := range said[1:] {
		if !strings.EqualFold(text, said[0]) {
			t.Errorf("not the same answer:\n%s\n%s", said[0], text)
		}
	}
}
