package mollie

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
)

// perPage is how many of a list are asked for at once; Mollie gives 250 at most,
// and an answer has to fit.
const perPage = 100

// List implements payment.Provider. Mollie gives the newest first, so that the
// first one that is too old is the end. Its instants are in whole seconds.
func (p *Provider) List(ctx context.Context, from, to time.Time, each func(payment.Status) error) error {
	err := eachOf(ctx, p, []string{"v2", "payments"}, "payments", func(o order) (bool, error) {
		switch {
		case o.CreatedAt.IsZero():
			return false, fmt.Errorf("order %q has no time", o.ID)
		case o.CreatedAt.Before(from):
			return false, nil
		case !o.CreatedAt.Before(to):
			return true, nil
		}
		s, err := p.said(ctx, o)
		switch {
		case err != nil && reference(o.Metadata) == "":
			return true, nil // another program's; what cannot be read of it is not for us
		case err != nil:
			return false, fmt.Errorf("order %q: %w", o.ID, err)
		}
		return true, each(s)
	})
	if err != nil {
		return fmt.Errorf("list the orders at Mollie: %w", err)
	}
	return nil
}

// eachOf calls each for everything in a list until it says no more, page after
// page. Of the address of the next page only the place in the list is used:
// where the key is sent is not the answer's to say.
func eachOf[T any](ctx context.Context, p *Provider, path []string, name string, each func(T) (bool, error)) error {
	seen := map[string]bool{}
	for from := ""; ; {
		query := url.Values{"limit": {strconv.Itoa(perPage)}}
		if from != "" {
			query.Set("from", from)
		}
		var got page[T]
		if err := p.call(ctx, request{method: http.MethodGet, path: path, query: query, patience: patienter}, &got); err != nil {
			return err
		}
		for _, one := range got.Embedded[name] {
			if more, err := each(one); err != nil || !more {
				return err
			}
		}
		if got.Links.Next == nil || got.Links.Next.Href == "" {
			return nil
		}
		next, err := url.Parse(got.Links.Next.Href)
		if err != nil {
			return fmt.Errorf("the address of the next page: %w", err)
		}
		from = next.Query().Get("from")
		if from == "" || seen[from] {
			return errors.New("the list goes round in circles")
		}
		seen[from] = true
	}
}

// How long the limits are believed, and how long they still are after they could
// not be asked.
const (
	limitsFor   = time.Hour
	limitsAgain = time.Minute
)

// Limits implements payment.Provider: the least and the most that any of the
// profile's means of payment takes. What was known stays known while Mollie
// cannot be asked.
func (p *Provider) Limits(ctx context.Context) (payment.Limits, error) {
	p.mu.Lock()
	known, limits := p.known, p.limits
	fresh := known && p.now().Before(p.askLimitsAt)
	p.mu.Unlock()
	if fresh {
		return limits, ctx.Err() //nolint:wrapcheck // nothing to add
	}
	// Not under the lock: others have their own time to wait for Mollie.
	asked, err := p.askLimits(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil:
		p.limits, p.known, p.askLimitsAt = asked, true, p.now().Add(limitsFor)
	case ctx.Err() != nil || !known:
		return payment.Limits{}, fmt.Errorf("ask Mollie for its limits: %w", err)
	default:
		p.log.WarnContext(ctx, "mollie: the limits could not be asked; those from before count", "error", err)
		p.askLimitsAt = p.now().Add(limitsAgain)
	}
	return p.limits, nil
}

func (p *Provider) askLimits(ctx context.Context) (payment.Limits, error) {
	var got page[method]
	query := url.Values{"sequenceType": {"oneoff"}}
	if err := p.call(ctx, request{method: http.MethodGet, path: []string{"v2", "methods"}, query: query}, &got); err != nil {
		return payment.Limits{}, err
	}
	return widest(got.Embedded["methods"])
}

// widest is from the least to the most over the means that are in use and take
// euro.
func widest(methods []method) (payment.Limits, error) {
	var limits payment.Limits
	found := false
	for _, m := range methods {
		if (m.Status != "" && m.Status != "activated") || m.MinimumAmount.Currency != payment.Euro {
			continue
		}
		least, err := m.MinimumAmount.cents()
		if err != nil {
			return payment.Limits{}, fmt.Errorf("the least for %q: %w", m.ID, err)
		}
		most, err := m.MaximumAmount.optional()
		if err != nil {
			return payment.Limits{}, fmt.Errorf("the most for %q: %w", m.ID, err)
		}
		if !found {
			limits, found = payment.Limits{Least: least, Most: most}, true
			continue
		}
		limits.Least = min(limits.Least, least)
		limits.Most = higher(limits.Most, most)
	}
	if !found {
		return payment.Limits{}, errors.New("the profile has no means of payment in euro")
	}
	return limits, nil
}

// higher is the higher of two limits, where 0 is none.
func higher(a, b money.Cents) money.Cents {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}
