package main

import (
	"errors"
	"fmt"

	"hoofdpas/internal/app"
	"hoofdpas/internal/config"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/payment"
)

type paymentsCommand struct {
	Reconcile paymentsReconcile `cmd:"" help:"Compare payments with the payment provider's list. Exit code 2: something differs."`
}

// paymentsReconcile compares some days.
type paymentsReconcile struct {
	days
}

// Run compares, and prints each difference.
func (p paymentsReconcile) Run(w *world) error {
	c, err := w.configuration(nil)
	if err != nil {
		return err
	}
	if c.Payment.Provider == config.NoProvider {
		return errors.New("reconcile: there is no payment provider to compare with: payment.provider is none")
	}
	zone, err := c.Location()
	if err != nil {
		return fmt.Errorf("read the time zone: %w", err)
	}
	from, to, err := p.in(zone)
	if err != nil {
		return err
	}
	log := w.logger(c)
	s, err := w.existingStore(c, log)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // the program ends here
	cashier, err := app.Cashier(c, s, app.Outside{Now: w.now, Client: client(), Log: log})
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	bar := w.bar()
	const unknown = -1 // how many there are
	report, err := cashier.Reconcile(w.ctx, from, to, func(done int) {
		bar.show(exchange.Step("comparing payments"), int64(done), unknown)
	})
	bar.done()
	for _, f := range report.Differences {
		fmt.Fprintln(w.out, sayFinding(f))
	}
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	fmt.Fprintf(w.out, "Compared: %d of our payments, %d orders at %s.\n", report.Payments, report.Orders, cashier.Provider.Name())
	if n := len(report.Differences); n > 0 {
		return disagreement(fmt.Sprintf("not all agrees: %d to look at; the desk has them under Aandacht", n))
	}
	fmt.Fprintln(w.out, "All agrees.")
	return nil
}

// sayFinding is a difference as a sentence.
func sayFinding(f payment.Finding) string {
	about := fmt.Sprintf("Payment %d (%s %s)", f.Payment, f.Provider, f.Ref)
	switch f.Kind {
	case payment.FoundUnknown:
		return fmt.Sprintf("%s has order %s of %s, for our number %q, and there is no such payment here.", f.Provider, f.Ref, f.Amount, f.Detail)
	case payment.FoundMissing:
		return fmt.Sprintf("%s: %s came in, and the provider does not have it.", about, f.Amount)
	case payment.FoundStateDiffers:
		return fmt.Sprintf("%s: the provider says %s, %s; here it stands otherwise.", about, f.Detail, f.Amount)
	case payment.FoundAmount:
		return fmt.Sprintf("%s: the provider says another amount than was asked for: %s.", about, f.Detail)
	case payment.FoundCurrency:
		return fmt.Sprintf("%s: the provider says another currency: %s. It was not booked.", about, f.Detail)
	case payment.FoundRefundDiffers:
		return fmt.Sprintf("%s: what was paid back differs (here / at the provider): %s.", about, f.Detail)
	case payment.FoundChargebackDiffers:
		return fmt.Sprintf("%s: what was charged back differs (here / at the provider): %s.", about, f.Detail)
	case payment.FoundRefundElsewhere:
		return fmt.Sprintf("%s: %s was paid back at the provider itself, for no whole fee.", about, f.Amount)
	case payment.FoundChargeback:
		return fmt.Sprintf("%s: the bank took back %s.", about, f.Amount)
	case payment.FoundChargebackOdd:
		return fmt.Sprintf("%s: the bank took back %s, which fits no fees.", about, f.Amount)
	case payment.FoundRestored:
		return fmt.Sprintf("%s: the bank gave back the %s that it had taken.", about, f.Amount)
	case payment.FoundRefundFailed:
		return fmt.Sprintf("%s: the provider cannot pay back %s.", about, f.Amount)
	case payment.FoundRefused:
		return fmt.Sprintf("%s: the library system refuses a fee of %s that was paid.", about, f.Amount)
	case payment.FoundNotReopened:
		return fmt.Sprintf("%s: the library system does not open a fee of %s again.", about, f.Amount)
	}
	return fmt.Sprintf("%s: %s %s %s.", about, f.Kind, f.Amount, f.Detail)
}
