package app

import (
	"bytes"
	"context"
	"fmt"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/config"
	"hoofdpas/internal/demo"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/password"
	"hoofdpas/internal/store"
)

// DemoConfig is the made-up library's configuration: children may keep things
// longer and pay less. It has one kiosk and lets apps in. It pays at a made-up bank,
// unless a provider is configured; Validate lets only keys for tests through.
func DemoConfig(c config.Config) config.Config {
	c.Demo = true
	c.Library.Name = "Bibliotheek Rijnwaarde"
	if c.Payment.Provider == config.NoProvider {
		c.Payment.Provider = config.TestBank
	}
	c.Till.Desks = []string{"Centrum/Balie 1", "Centrum/Balie 2"}
	if !c.Kiosk.On() {
		c.Kiosk.Listen = "127.0.0.1:0"
	}
	c.Kiosk.Institution = "RIJNWAARDE"
	c.Kiosk.Terminal = map[string]config.Terminal{demo.Terminal.Name: {
		User: demo.Terminal.User, Password: demo.Terminal.Password, Branch: demo.Terminal.Branch,
		Rights: []string{"read", "renew", "pay"}, Household: true, PIN: true,
	}}
	c.PAIA.Open = true
	c.Log.Level = "warn" // what is printed at the start should stay on the screen
	c.Rules.Category = map[string]config.Rule{"jeugd": {
		LoanDays: 28, MaxRenewals: 3, FeePerDay: "0.10", FeeCap: "2.50", FeeLimit: "10.00",
	}}
	return c
}

// FillDemo imports the made-up library into an empty store.
func FillDemo(ctx context.Context, c config.Config, s *store.Store, out Outside) error {
	zone, err := c.Location()
	if err != nil {
		return fmt.Errorf("read the time zone: %w", err)
	}
	rules, err := c.Lending()
	if err != nil {
		return fmt.Errorf("read the rules: %w", err)
	}
	hasher := password.New(c.Login.HashesAtOnce)
	cards, loans, fees := demo.Files(calendar.Today(out.Now(), zone))
	if _, err := exchange.Import(ctx, s, exchange.Files{
		Cards: exchange.Reader("cards.csv", bytes.NewReader(cards)),
		Loans: exchange.Reader("loans.csv", bytes.NewReader(loans)),
		Fees:  exchange.Reader("fees.csv", bytes.NewReader(fees)),
	}, exchange.Options{Rules: rules, Hasher: hasher, Now: out.Now}); err != nil {
		return fmt.Errorf("import the demo: %w", err)
	}
	return nil
}

// StaffDemo adds the made-up library's staff.
func StaffDemo(ctx context.Context, c config.Config, s *store.Store, out Outside) error {
	roster := account.Roster{Store: s, Hasher: password.New(c.Login.HashesAtOnce), Now: out.Now, Log: out.Log}
	if err := roster.Add(ctx, demo.Staff.User, demo.Staff.Name, demo.Staff.Password); err != nil {
		return fmt.Errorf("add the demo's staff: %w", err)
	}
	return nil
}
