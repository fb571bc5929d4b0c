package household_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// system is a library system of which one card can be out of reach and one loan
// be refused.
type system struct {
	away    card.Number
	refused circulation.LoanID
}

func (s system) reach(n card.Number) error {
	if n == s.away {
		return problem.Away(circulation.ReasonSystemAway, "ask the library", errors.New("no answer"))
	}
	return nil
}

func (s system) Loans(_ context.Context, n card.Number) ([]circulation.Loan, error) {
	return []circulation.Loan{{ID: "1", Title: "een"}, {ID: "2", Title: "twee"}}, s.reach(n)
}

func (s system) Fees(_ context.Context, n card.Number) ([]circulation.Fee, error) {
	return []circulation.Fee{{ID: "f", Kind: circulation.Damage, Amount: 250, Item: "3", Description: "De avonden"}}, s.reach(n)
}

func (s system) Renew(_ context.Context, n card.Number, id circulation.LoanID, _ calendar.Date) (circulation.Loan, error) {
	if id == s.refused {
		return circulation.Loan{}, problem.New(problem.Refused, circulation.ReasonReserved, nil)
	}
	return circulation.Loan{ID: id, Renewals: 1}, s.reach(n)
}

func (system) Settle(context.Context, card.Number, []circulation.Settlement, string) error {
	return nil
}

func (system) Reopen(context.Context, card.Number, []circulation.Settlement, string) error {
	return nil
}

// home is a mother who may renew for her son and pay for her daughter.
type home struct {
	store                 *store.Store
	book                  *mandate.Book
	office                *circulation.Office
	viewer                *household.Viewer
	mother, son, daughter card.Holder
}

func newHome(t *testing.T, s system) *home {
	t.Helper()
	return newHomeOn(t, storetest.Any(t), s)
}

func newHomeOn(t *testing.T, kept *store.Store, s system) *home {
	t.Helper()
	h := &home{store: kept, book: &mandate.Book{Store: kept, Now: time.Now, Zone: time.UTC}}
	h.mother, h.son, h.daughter = know(t, kept, "1001", "Marieke"), know(t, kept, "1002", "Sem"), know(t, kept, "1003", "Noor")
	h.office = &circulation.Office{System: s, Journal: h.book, Log: slog.New(slog.DiscardHandler)}
	h.viewer = &household.Viewer{Permits: h.book, Office: h.office, Holds: kept}
	for _, l := range []mandate.Link{
		{Staff: "balie", Grantor: h.son, Grantee: h.mother, Scopes: []mandate.Scope{mandate.Renew}},
		{Staff: "balie", Grantor: h.daughter, Grantee: h.mother, Scopes: []mandate.Scope{mandate.Pay}},
	} {
		if err := h.book.Link(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func know(t *testing.T, s *store.Store, number, name string) card.Holder {
	t.Helper()
	h, err := s.KnowCard(t.Context(), card.Card{Number: parse(t, number), Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func parse(t *testing.T, number string) card.Number {
	t.Helper()
	n, err := card.ParseNumber(number)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (h *home) permit(t *testing.T, of card.Holder) mandate.Permit {
	t.Helper()
	p, err := h.book.PermitFor(t.Context(), mandate.Actor{Holder: h.mother}, of.ID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPermitForOneFunctionOpensNothingOfTheOther(t *testing.T) {
	t.Parallel()
	h := newHome(t, system{})
	for name, deed := range map[string]func() error{
		"loans with a mandate to pay": func() error { _, err := h.office.Loans(t.Context(), h.permit(t, h.daughter)); return err },
		"renewing with one to pay": func() error {
			_, err := h.office.Renew(t.Context(), h.permit(t, h.daughter), "1", calendar.Date{})
			return err
		},
		"renewing all with one to pay": func() error { _, err := h.office.RenewAll(t.Context(), h.permit(t, h.daughter)); return err },
		"fees with a mandate to renew": func() error { _, err := h.office.Fees(t.Context(), h.permit(t, h.son)); return err },
		"loans without any permit":     func() error { _, err := h.office.Loans(t.Context(), nil); return err },
		"renewing without any permit":  func() error { _, err := h.office.Renew(t.Context(), nil, "1", calendar.Date{}); return err },
		"fees without a permit at all": func() error { _, err := h.office.Fees(t.Context(), nil); return err },
		"a stranger's card as one's own": func() error {
			_, err := h.book.PermitFor(t.Context(), mandate.Actor{Holder: h.son}, h.mother.ID)
			if problem.Has(err, mandate.ReasonNoPermit) {
				return problem.New(problem.Refused, circulation.ReasonNoScope, nil)
			}
			return err
		},
	} {
		if err := deed(); !problem.Has(err, circulation.ReasonNoScope) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhoMayOnlyPayReadsNoTitles(t *testing.T) {
	t.Parallel()
	h := newHome(t, system{})
	for of, want := range map[card.Holder]string{h.mother: "De avonden", h.daughter: ""} {
		fees, err := h.office.Fees(t.Context(), h.permit(t, of))
		if err != nil || len(fees) != 1 || fees[0].Description != want {
			t.Errorf("got %+v, %v, want the description %q", fees, err, want)
		}
	}
}

func TestWhatCanBeRenewedIsRenewedAndStandsInBothLogs(t *testing.T) {
	t.Parallel()
	h := newHome(t, system{refused: "1"})
	outcomes, err := h.office.RenewAll(t.Context(), h.permit(t, h.son))
	if err != nil {
		t.Fatal(err)
	}
	if !problem.Has(outcomes[0].Err, circulation.ReasonReserved) || outcomes[1].Err != nil || outcomes[1].Loan.Renewals != 1 {
		t.Errorf("got %+v", outcomes)
	}
	for _, reader := range []card.Holder{h.mother, h.son} {
		log, err := h.book.Log(t.Context(), reader, 0, 1)
		if err != nil || len(log) != 1 || log[0].Deed != mandate.Renewed || log[0].Count != 1 || log[0].Actor.ID != h.mother.ID {
			t.Errorf("the log says %+v, %v", log, err)
		}
	}
}

func TestOneCardOutOfReachLeavesTheRestOfTheHousehold(t *testing.T) {
	t.Parallel()
	h := newHome(t, system{away: parse(t, "1002")})
	members, err := h.viewer.Read(t.Context(), mandate.Actor{Holder: h.mother}, household.Want{Loans: true, Fees: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(members) != 3 {
		t.Fatalf("%d members", len(members))
	}
	mother, daughter, son := members[0], members[1], members[2]
	if mother.LoansErr != nil || len(mother.Loans) != 2 || len(mother.Fees) != 1 {
		t.Errorf("the own card: %+v", mother)
	}
	if daughter.FeesErr != nil || len(daughter.Fees) != 1 || len(daughter.Loans) != 0 {
		t.Errorf("the daughter's card: %+v", daughter)
	}
	if !problem.Has(son.LoansErr, circulation.ReasonSystemAway) || len(son.Fees) != 0 {
		t.Errorf("the son's card: %+v", son)
	}
	if total, err := household.Total(members); err != nil || total != 500 {
		t.Errorf("the household owes %s, %v", total, err)
	}
}

func TestWhatIsLeftOfAFeePaidInPartIsOwedBeforeTheLibrarySystemKnows(t *testing.T) {
	t.Parallel()
	h := newHome(t, system{})
	cashier := &payment.Cashier{Store: h.store, Fees: h.office, System: system{}, Known: h.book, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	mine := h.permit(t, h.mother)
	_, err := cashier.TakeAtTerminal(t.Context(), payment.Wish{
		Actor: mine.Actor(), Choices: []payment.Choice{{Permit: mine, Fees: []circulation.FeeID{"f"}, Part: 60}}, Expected: 60,
		Till: payment.Till{Branch: "Centrum", Desk: "Zuil"},
	})
	if err != nil {
		t.Fatal(err)
	}
	members, err := h.viewer.Fill(t.Context(), []mandate.Permit{mine}, household.Want{Fees: true})
	if err != nil {
		t.Fatal(err)
	}
	fee := members[0].Fees[0]
	if fee.Amount != 190 || fee.Hold == nil || fee.Paid() {
		t.Errorf("got %+v", fee)
	}
	if owes, err := members[0].Owes(); err != nil || owes != 190 {
		t.Errorf("owes %v, %v", owes, err)
	}
}
