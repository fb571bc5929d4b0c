package desk

import (
	"context"
	"crypto/rand"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
)

// Reasons about forms of the till.
const (
	ReasonNoDesk      problem.Reason = "desk.no_desk"      // no desk was chosen
	ReasonNoDirection problem.Reason = "desk.no_direction" // neither into the drawer nor out of it was chosen
)

func noDesk() *problem.Problem { return problem.New(problem.Invalid, ReasonNoDesk, nil).At("plek") }

// cashForm is cash in or out, as typed.
type cashForm struct{ Kind, Amount, Reason, Key string }

// moveCash is POST /balie/kas/geld.
func (p *pages) moveCash(ctx context.Context, r *web.Request) (web.Response, error) {
	at, all, ok, err := p.working(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if !ok || !at.IsOpen() {
		return openFirst(r, tillAt), nil
	}
	form := cashForm{Kind: r.Field("richting"), Amount: r.Field("bedrag"), Reason: r.Field("reden"), Key: r.Field("key")}
	cents, wrong := amount(r, "bedrag")
	var unmet problem.List
	if wrong != nil {
		unmet = append(unmet, wrong)
	}
	if form.Kind != string(till.In) && form.Kind != string(till.Out) {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonNoDirection, nil).At("richting"))
	}
	if len(unmet) == 0 {
		var made till.Movement
		made, err = p.Drawer.Move(ctx, r.Staff.Name, at.Shift.ID, till.Move{
			Kind: till.Kind(form.Kind), Amount: cents, Reason: form.Reason, Key: form.Key,
		})
		if err == nil {
			if !made.Again {
				p.did(ctx, r, card.Holder{}, string(made.Kind), made.Amount.String())
			}
			r.Say(good, r.Text.T("till.moved_"+string(made.Kind), "amount", made.Amount))
			return web.See(tillAt), nil
		}
	} else {
		err = unmet
	}
	if form.Key == "" {
		form.Key = rand.Text()
	}
	return p.shell.Again(r, err, func(f web.Faults) (web.Page, error) {
		return p.shiftPage(ctx, r, at, len(all) > 1, form, f)
	})
}
