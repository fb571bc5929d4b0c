package koha

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// Renew renews one loan of the card. Koha's REST renews also for whom its desk
// would not: a card that is blocked, expired or over FeeLimit is refused here,
// with Koha's own reason beside it. When the answer to the renewal was lost, the
// loan is read; it is not asked for twice.
func (s *System) Renew(
	ctx context.Context, number card.Number, loan circulation.LoanID, due calendar.Date,
) (circulation.Loan, error) {
	if id, ok := cutSIP(loan); ok {
		return s.renewBySIP(ctx, number, id, due)
	}
	able, err := s.able(ctx)
	if err != nil {
		return circulation.Loan{}, err
	}
	id, ok := readKey(string(loan))
	if !ok {
		return circulation.Loan{}, problem.New(problem.NotFound, circulation.ReasonLoanNotFound, nil)
	}
	d, err := s.desired(ctx, number, id)
	if err != nil {
		return circulation.Loan{}, s.away(ctx, "read a loan to renew", err)
	}
	before := s.loan(d.checkout, s.titles(ctx, able, []checkout{d.checkout})[d.checkout.ItemID])
	if before.DueOn != due {
		return circulation.Loan{}, problem.New(problem.Conflict, circulation.ReasonChanged, nil)
	}
	if against := s.against(d); len(against) > 0 {
		return circulation.Loan{}, append(against, s.koha(ctx, able, d, against)...)
	}
	after, err := s.renew(ctx, able, d)
	if err != nil {
		return circulation.Loan{}, err
	}
	renewed := before
	renewed.DueOn, renewed.Renewals = day(after.Due, s.options.Zone), after.renewals()
	return renewed, nil
}

func cutSIP(loan circulation.LoanID) (string, bool) {
	if len(loan) > len(bySIP) && loan[:len(bySIP)] == bySIP {
		return string(loan[len(bySIP):]), true
	}
	return "", false
}

// desire is what is looked at before a renewal.
type desire struct {
	patron   patron
	checkout checkout
	owes     money.Cents
}

// holder reads the card and, where that matters, what it owes.
func (s *System) holder(ctx context.Context, number card.Number) (d desire, known bool, err error) {
	d.patron, known, err = s.patron(ctx, number)
	if err != nil || !known || s.options.FeeLimit <= 0 {
		return d, known, err
	}
	open, _, err := s.account(ctx, d.patron.ID)
	d.owes = owed(open)
	return d, true, err
}

// desired reads the card and the loan.
func (s *System) desired(ctx context.Context, number card.Number, id key) (desire, error) {
	var d desire
	var c checkout
	var known, lent bool
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		d, known, err = s.holder(groupCtx, number)
		return err
	})
	group.Go(func() (err error) {
		c, lent, err = s.checkout(groupCtx, id)
		return err
	})
	if err := group.Wait(); err != nil {
		return desire{}, err //nolint:wrapcheck // of call
	}
	if !known || !lent || c.Patron != d.patron.ID {
		return desire{}, problem.New(problem.NotFound, circulation.ReasonLoanNotFound, nil)
	}
	d.checkout = c
	return d, nil
}

// checkout reads one loan; ok is false when it is not on loan any more.
func (s *System) checkout(ctx context.Context, id key) (c checkout, ok bool, err error) {
	_, err = s.call(ctx, request{method: http.MethodGet, route: "/checkouts/{checkout_id}", id: id}, &c)
	switch {
	case gone(err):
		return checkout{}, false, nil
	case err != nil:
		return checkout{}, false, err
	}
	return c, c.ID == id && c.CheckedIn == "", nil
}

// against is why the card renews nothing at all.
func (s *System) against(d desire) problem.List {
	var reasons problem.List
	refuse := func(r problem.Reason, args problem.Args) {
		reasons = append(reasons, problem.New(problem.Refused, r, args))
	}
	if limit := s.options.FeeLimit; limit > 0 && d.owes >= limit {
		refuse(circulation.ReasonFees, problem.Args{"limit": limit})
	}
	if on, expired := d.patron.expired(s.today(), s); expired {
		refuse(circulation.ReasonCardExpired, problem.Args{"on": on})
	}
	if d.patron.Restricted || d.patron.Lost {
		refuse(circulation.ReasonCardBlocked, nil)
	}
	return reasons
}

// allowance is what Koha says of a renewal without doing it.
type allowance struct {
	Allows flag   `json:"allows_renewal"`
	Max    *int   `json:"max_renewals"`
	Error  string `json:"error"`
}

func (s *System) allowance(ctx context.Context, able *Abilities, id key) (a allowance, ok bool) {
	if !able.Has(getAllows) {
		return allowance{}, false
	}
	_, err := s.call(ctx, request{method: http.MethodGet, route: "/checkouts/{checkout_id}/allows_renewal", id: id}, &a)
	return a, err == nil
}

// koha is Koha's own reason, beside those in known. That it cannot be had is no
// reason to leave out the others.
func (s *System) koha(ctx context.Context, able *Abilities, d desire, known problem.List) problem.List {
	a, ok := s.allowance(ctx, able, d.checkout.ID)
	if !ok || bool(a.Allows) || a.Error == "" {
		return nil
	}
	p := s.reason(ctx, a.Error, d, a)
	for _, k := range known {
		if k.Reason == p.Reason {
			return nil
		}
	}
	if p.Kind != problem.Refused {
		return nil
	}
	return problem.List{p}
}

// reason turns Koha's code into a problem.
func (s *System) reason(ctx context.Context, code string, d desire, a allowance) *problem.Problem {
	r, ok := reasons[code]
	if !ok {
		s.options.Log.InfoContext(ctx, "koha: a renewal was refused for a reason that we do not know", "code", bound(code))
		r = circulation.ReasonNotAllowed
	}
	switch r {
	case circulation.ReasonTooOften:
		if a.Max == nil {
			// The sentence has a number in it, and we have none.
			return problem.New(problem.Refused, circulation.ReasonNotAllowed, nil)
		}
		return problem.New(problem.Refused, r, problem.Args{"max": *a.Max})
	case circulation.ReasonTooSoon:
		return problem.New(problem.Refused, r, problem.Args{"due": day(d.checkout.Due, s.options.Zone)})
	case circulation.ReasonFees:
		if s.options.FeeLimit <= 0 {
			return problem.New(problem.Refused, circulation.ReasonNotAllowed, nil)
		}
		return problem.New(problem.Refused, r, problem.Args{"limit": s.options.FeeLimit})
	case circulation.ReasonCardExpired:
		on, expired := d.patron.expired(s.today(), s)
		if !expired {
			return problem.New(problem.Refused, circulation.ReasonNotAllowed, nil)
		}
		return problem.New(problem.Refused, r, problem.Args{"on": on})
	case circulation.ReasonLoanNotFound:
		return problem.New(problem.NotFound, r, nil)
	}
	return problem.New(problem.Refused, r, nil)
}

// renew asks Koha for the renewal, once.
func (s *System) renew(ctx context.Context, able *Abilities, d desire) (checkout, error) {
	route := "/checkouts/{checkout_id}/renewal"
	if able.Has(postRenewals) {
		route = "/checkouts/{checkout_id}/renewals"
	}
	var after checkout
	_, err := s.call(ctx, request{method: http.MethodPost, route: route, id: d.checkout.ID}, &after)
	var no *refusal
	var lost *lostError
	switch {
	case err == nil && after.ID == d.checkout.ID && !day(after.Due, s.options.Zone).IsZero():
		return after, nil
	case err == nil:
		return s.renewed(ctx, d, true, errors.New("the renewal was answered with another loan"))
	case gone(err):
		return checkout{}, problem.New(problem.NotFound, circulation.ReasonLoanNotFound, nil)
	case errors.As(err, &no) && no.status == http.StatusForbidden && no.ruled:
		a := allowance{}
		if reasons[no.code] == circulation.ReasonTooOften {
			a, _ = s.allowance(ctx, able, d.checkout.ID)
		}
		return checkout{}, s.reason(ctx, no.code, d, a)
	case errors.As(err, &no) && no.status/100 == 5:
		return s.renewed(ctx, d, false, err)
	case errors.As(err, &lost) && lost.sent:
		return s.renewed(ctx, d, true, err)
	}
	return checkout{}, s.away(ctx, "renew a loan", err)
}

// afterwards is how long the loan is looked at after its renewal went wrong, also
// when nobody waits any more.
const afterwards = 5 * time.Second

// renewed reads what became of a renewal that went wrong. unsure tells that it
// may still be under way: then that nothing changed says nothing.
func (s *System) renewed(ctx context.Context, d desire, unsure bool, cause error) (checkout, error) {
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	s.options.Log.WarnContext(ctx, "koha: the answer to a renewal was lost, so the loan is read", "error", cause)
	now, ok, err := s.checkout(looking, d.checkout.ID)
	switch {
	case err == nil && ok && (now.Due != d.checkout.Due || now.renewals() > d.checkout.renewals()):
		return now, nil
	case err == nil && !unsure:
		return checkout{}, s.away(ctx, "renew a loan", cause)
	}
	return checkout{}, problem.New(problem.Unavailable, circulation.ReasonUnsure, nil).Because(cause)
}
