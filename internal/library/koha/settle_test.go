package koha_test

import (
	"context"
	"testing"
	"time"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/koha"
	"hoofdpas/internal/library/koha/kohatest"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

const credits = "POST /patrons/{patron_id}/account/credits"

func paying(again bool, fees ...circulation.Settlement) []circulation.Settlement {
	for i := range fees {
		fees[i].Again = again
	}
	return fees
}

func fee(id circulation.FeeID, amount money.Cents) circulation.Settlement {
	return circulation.Settlement{Fee: id, Amount: amount}
}

// What is told of a payment: one credit, on these lines, with our number and with
// nothing of a type.
func TestAPaymentIsOneCredit(t *testing.T) {
	t.Parallel()
	for _, version := range kohatest.Versions {
		server := household(t, version)
		system := client(t, server, func(o *koha.Options) { o.PaymentType = "CARD" })
		if err := system.Settle(t.Context(), number(t, annsNumber), paying(false, fee("1", 30), fee("2", 1299)), "1001"); err != nil {
			t.Fatal(err)
		}
		all := server.Credits()
		if len(all) != 1 {
			t.Fatalf("%s: %d credits", version, len(all))
		}
		c := all[0]
		if c.Amount != -kohatest.Cents(1329) || c.Outstanding != 0 || c.Note != "Hoofdpas 1001 #1 #2" || c.Library != "CPL" || c.PaymentType != "CARD" {
			t.Errorf("%s: got %+v", version, c)
		}
		for _, id := range []int{1, 2} {
			if server.Line(id).Outstanding != 0 {
				t.Errorf("%s: line %d is open", version, id)
			}
		}
	}
}

func TestAPaymentWhoseAnswerIsLostIsBookedOnce(t *testing.T) {
	t.Parallel()
	for _, version := range kohatest.Versions {
		for name, fault := range map[string]kohatest.Fault{
			"cut after it was done": kohatest.Cut, "no answer after it was done": kohatest.Silent, "cut before": kohatest.CutBefore,
			"500": kohatest.Error, "a redirect": kohatest.Redirect, "an endless answer": kohatest.Endless,
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				server := household(t, version)
				system := client(t, server, nil)
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				if fault != kohatest.Silent {
					ctx = t.Context()
				}
				n := number(t, annsNumber)
				if _, err := system.Fees(ctx, n); err != nil {
					t.Fatal(err)
				}
				server.Break(credits, fault)
				away(t, "settle", system.Settle(ctx, n, paying(false, fee("1", 30), fee("2", 1299)), "1001"))
				for range 3 {
					if err := system.Settle(t.Context(), n, paying(true, fee("1", 30), fee("2", 1299)), "1001"); err != nil {
						t.Fatal(err)
					}
				}
				var total kohatest.Micros
				for _, c := range server.Credits() {
					total += c.Amount
				}
				if total != -kohatest.Cents(1329) || server.Line(1).Outstanding != 0 || server.Line(2).Outstanding != 0 {
					t.Errorf("booked %d in %d credits", total, len(server.Credits()))
				}
			})
		}
	}
}

func TestALineOfAnotherCardIsNotPaid(t *testing.T) {
	t.Parallel()
	for _, version := range kohatest.Versions {
		server := household(t, version)
		server.AddPatron(kohatest.Patron{ID: 90, Number: "90"})
		theirs := server.AddLine(kohatest.Line{Patron: 90, Amount: kohatest.Cents(100), Outstanding: kohatest.Cents(100)})
		system := client(t, server, nil)
		err := system.Settle(t.Context(), number(t, annsNumber), paying(false, fee("1", 30), fee("3", 100)), "1001")
		if kind := problem.KindOf(err); kind != problem.NotFound && kind != problem.Conflict {
			t.Errorf("%s: got %v", version, err)
		}
		if server.Asked(credits) != 0 || server.Line(theirs).Outstanding == 0 {
			t.Errorf("%s: it was paid", version)
		}
	}
}

func TestAFeeThatGrewIsPaidInPartAndNothingElse(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V2211)
	system := client(t, server, nil)
	// 0.10 of the first, all of the second: what Koha has left of a credit it puts
	// on whatever is open.
	if err := system.Settle(t.Context(), number(t, annsNumber), paying(false, fee("1", 10), fee("2", 1299)), "1001"); err != nil {
		t.Fatal(err)
	}
	if first, second := server.Line(1).Outstanding, server.Line(2).Outstanding; first != kohatest.Cents(20) || second != 0 {
		t.Errorf("open: %d and %d", first, second)
	}
}

func TestAFeeThatShrankIsConflict(t *testing.T) {
	t.Parallel()
	for _, version := range kohatest.Versions {
		server := household(t, version)
		err := client(t, server, nil).Settle(t.Context(), number(t, annsNumber), paying(false, fee("1", 31)), "1001")
		onlyReason(t, err, problem.Conflict, circulation.ReasonFeeSettled)
		if len(server.Credits()) != 0 {
			t.Error("it was paid")
		}
	}
}

func TestANoteOfAnotherPaymentIsNotOurs(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V2505)
	for _, note := range []string{"Hoofdpas 10010 #1", "Hoofdpas 1001", "Hoofdpas 1001 1", "hoofdpas 1001 #1", "Hoofdpas 1001 reopened #1", "x Hoofdpas 1001 #1"} {
		server.AddLine(kohatest.Line{Patron: 50, Amount: -1, Note: note})
	}
	if err := client(t, server, nil).Settle(t.Context(), number(t, annsNumber), paying(true, fee("1", 30)), "1001"); err != nil {
		t.Fatal(err)
	}
	if server.Line(1).Outstanding != 0 {
		t.Error("it was taken for told")
	}
}

func TestABadBranchIsAwayAndNothingIsBooked(t *testing.T) {
	t.Parallel()
	for _, version := range kohatest.Versions {
		server := household(t, version)
		system := client(t, server, func(o *koha.Options) { o.Branch = "ZZZ" })
		away(t, version, system.Settle(t.Context(), number(t, annsNumber), paying(false, fee("1", 30)), "1001"))
		if len(server.Credits()) != 0 {
			t.Error("it was booked")
		}
	}
}

func TestAFeeComesBackAsAChargeWithItsName(t *testing.T) {
	t.Parallel()
	server := household(t, kohatest.V2505)
	system := client(t, server, nil)
	n, paid := number(t, annsNumber), paying(false, fee("2", 1299))
	if err := system.Settle(t.Context(), n, paid, "1001"); err != nil {
		t.Fatal(err)
	}
	for _, fault := range []kohatest.Fault{kohatest.Cut, kohatest.None, kohatest.None} {
		server.Break("POST /patrons/{patron_id}/account/debits", fault)
		err := system.Reopen(t.Context(), n, paid, "1001")
		if fault == kohatest.Cut {
			away(t, "reopen", err)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	fees, err := system.Fees(t.Context(), n)
	if err != nil || len(fees) != 2 {
		t.Fatal(fees, err)
	}
	if back := fees[1]; back.Amount != 1299 || back.Description != annsTitle || back.ID == "2" {
		t.Errorf("got %+v", back)
	}
}
