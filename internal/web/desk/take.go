package desk

import (
	"context"
	"net/http"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/web"
)

// maxKey bounds a form's key in characters; ours have 26.
const maxKey = 64

// take is POST /balie/pas/{id}/betalen: *Contant* or *PIN* takes the ticked fees
// of all cards in one payment (S20), in the shift that is open at the reader's
// desk; *Tel op* only adds them up.
func (p *pages) take(ctx context.Context, r *web.Request) (web.Response, error) {
	v, err := p.visitor(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	boxes := r.Fields("kosten")
	wish, err := p.wish(ctx, r, v, boxes)
	if err != nil {
		return p.takeAgain(ctx, r, v, boxes, err)
	}
	means := payment.Means(r.Field("middel"))
	switch means {
	case payment.Cash, payment.PIN:
	case "":
		page, err := p.cardPage(ctx, r, v, boxes, nil)
		if err != nil {
			return web.Response{}, err
		}
		return web.Show(page), nil
	default:
		return p.takeAgain(ctx, r, v, boxes, problem.New(problem.Invalid, web.ReasonForm, nil))
	}
	s, open, err := p.shift(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if !open {
		return openFirst(r, cardAt(v.ID)), nil
	}
	made, err := p.Drawer.Take(ctx, s.ID, wish, means)
	if err != nil {
		return p.takeAgain(ctx, r, v, boxes, err)
	}
	if !made.Again {
		p.did(ctx, r, v.Holder, actPay, payDetail(made))
	}
	r.Say(good, r.Text.T("desk.taken", "amount", made.Received, "means", r.Text.T("desk.by_"+string(made.Means))))
	return web.See(receiptAt(made.ID)), nil
}

// wish reads the form: for each card a permit of this very moment.
func (p *pages) wish(ctx context.Context, r *web.Request, v visitor, boxes []string) (payment.Wish, error) {
	w := payment.Wish{Actor: actor(r, v.Holder), Key: r.Field("key"), Language: string(r.Text.Lang)}
	if w.Key == "" || len(w.Key) > maxKey {
		return w, problem.New(problem.Invalid, web.ReasonForm, nil)
	}
	permits, err := p.permits(ctx, r, v)
	if err != nil {
		return w, err
	}
	w.Choices, w.Expected, err = payment.Choose(permits, boxes)
	return w, err
}

// takeAgain shows the card as it is now, with why nothing was taken and the
// same boxes ticked. A fee that is no longer open, or that this holder may no
// longer pay, is not found: the same for both, with what is open below it.
func (p *pages) takeAgain(ctx context.Context, r *web.Request, v visitor, boxes []string, cause error) (web.Response, error) {
	if boxes == nil {
		boxes = []string{} // none was ticked: tick none
	}
	if problem.Has(cause, circulation.ReasonFeeNotFound) {
		page, err := p.cardPage(ctx, r, v, boxes, r.Faults(cause))
		if err != nil {
			return web.Response{}, err
		}
		return web.Show(page).WithStatus(http.StatusNotFound), nil
	}
	return p.shell.Again(r, named(cause, v), func(f web.Faults) (web.Page, error) { return p.cardPage(ctx, r, v, boxes, f) })
}

// named tells staff who is paying where the holder would be told "you".
func named(cause error, v visitor) error {
	var told problem.List
	for _, q := range problem.Of(cause) {
		if q.Reason == payment.ReasonHeldByYou {
			q = problem.New(q.Kind, payment.ReasonHeld, problem.Args{"until": q.Args["until"], "name": v.Name})
		}
		told = append(told, q)
	}
	if told == nil {
		return cause
	}
	return told
}
