package member

import (
	"context"
	"net/http"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/web"
)

// pay is POST /betalen (S19): one payment over the ticked fees of any of the
// cards, and from there to the bank's page.
func (p *pages) pay(ctx context.Context, r *web.Request) (web.Response, error) {
	from := r.Field("bij")
	permits, err := p.Book.Permits(ctx, actor(r))
	if err != nil {
		return web.Response{}, err
	}
	var back mandate.Permit // nil is the page over all cards
	if from != together {
		if back, err = among(permits, r, from, mandate.Pay); err != nil {
			return web.Response{}, err
		}
	}
	boxes := r.Fields("kosten")
	wish, err := wished(r, permits, boxes)
	var started payment.Payment
	if err == nil {
		started, err = p.Cashier.Start(ctx, wish)
	}
	if err != nil {
		return p.payAgain(ctx, r, permits, back, boxes, err)
	}
	if started.State == payment.Open && started.Checkout != "" {
		return web.See(toBankAt(started.ID)), nil
	}
	return web.See(paymentAt(started.ID)), nil
}

// wished reads the form: for each card a permit of this very moment.
func wished(r *web.Request, permits []mandate.Permit, boxes []string) (w payment.Wish, err error) {
	w = payment.Wish{Actor: actor(r), Key: r.Field("key"), Language: string(r.Text.Lang)}
	w.Choices, w.Expected, err = payment.Choose(permits, boxes)
	return w, err
}

// payAgain shows the fees as they are now, with why the payment did not start
// and the same boxes ticked. A fee that is no longer open, or is another
// card's, is not found: the same for both, with what is open below it.
func (p *pages) payAgain(
	ctx context.Context, r *web.Request, permits []mandate.Permit, back mandate.Permit, boxes []string, cause error,
) (web.Response, error) {
	if boxes == nil {
		boxes = []string{} // none was ticked: tick none
	}
	if problem.Has(cause, circulation.ReasonFeeNotFound) {
		page, err := p.feesPage(ctx, r, permits, back, boxes, r.Faults(cause))
		return web.Show(page).WithStatus(http.StatusNotFound), err
	}
	return p.shell.Again(r, cause, func(f web.Faults) (web.Page, error) {
		return p.feesPage(ctx, r, permits, back, boxes, f)
	})
}
