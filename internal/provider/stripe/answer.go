package stripe

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// trouble says what an error means, as the port has it.
func (p *Provider) trouble(doing string, err error) error {
	var said *stripe.Error
	if !errors.As(err, &said) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	why := p.complaint(said)
	switch {
	case said.HTTPStatusCode == http.StatusNotFound || said.Code == stripe.ErrorCodeResourceMissing:
		return problem.New(problem.NotFound, payment.ReasonNotFound, nil).Because(why)
	case said.Type == stripe.ErrorTypeIdempotency && said.HTTPStatusCode == http.StatusBadRequest:
		return problem.New(problem.Conflict, payment.ReasonKeyReused, nil).Because(why)
	case said.HTTPStatusCode == http.StatusUnauthorized || said.HTTPStatusCode == http.StatusForbidden:
		return fmt.Errorf("%s: the key is not accepted or may not do this, see payment.stripe.key: %w", doing, why)
	case said.HTTPStatusCode == http.StatusBadRequest || said.HTTPStatusCode == http.StatusPaymentRequired:
		return problem.New(problem.Refused, payment.ReasonStep, nil).Because(why)
	}
	return fmt.Errorf("%s: %w", doing, why) // too many at once, or its own trouble: to be asked again
}

// complaint is what Stripe says is wrong, for the log.
func (p *Provider) complaint(said *stripe.Error) error {
	const most = 300
	text := []rune(strings.ReplaceAll(said.Msg, p.key, "(the key)"))
	return fmt.Errorf("it answered %d %s: %q", said.HTTPStatusCode, said.Code, string(text[:min(len(text), most)]))
}
