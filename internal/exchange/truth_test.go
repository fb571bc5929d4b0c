package exchange_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

func number(t *testing.T, text string) card.Number {
	t.Helper()
	n, err := card.ParseNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func day(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseISO(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func system(s *store.Store) *builtin.System {
	return &builtin.System{Tables: s, Hasher: clear{}, Now: func() time.Time { return now }, Rules: builtin.Rules{
		Zone: time.UTC, Default: builtin.Category{LoanDays: 21, MaxRenewals: 2, FeeLimit: 1000, FeePerDay: 20, FeeCap: 500},
	}}
}

func counts(added, changed, unchanged, gone int) exchange.Count {
	return exchange.Count{Added: added, Changed: changed, Unchanged: unchanged, Gone: gone}
}

func TestAFileIsTheWholeTruthOfItsKind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustImport(t, s, files("card_number,name\n1,Ans\n2,Bo\n3,Cor\n",
			goodLoans+"L2,2,40,T,2026-11-01,2026-11-22\nL3,3,41,T,2026-11-01,2026-11-22\n",
			goodFees+"F2,2,other,1,2026-11-01\nF3,3,other,1,2026-11-01\n"))
		sum := mustImport(t, s, files("card_number,name\n2,Bob\n1,Ans\n4,Dirk\n",
			loansHead+"L1,1,39,Geheime titel,2026-11-01,2026-11-22,,\nL2,1,40,T,2026-11-01,2026-11-22,,\nL4,4,42,T,2026-11-01,2026-11-22,,ja\n",
			feesHead+"F2,2,other,1.01,2026-11-01,\nF1,1,other,\"2,5\",2026-11-01,\nF4,4,lost,3,2026-11-01,\n"))
		wantCounts(t, sum, map[exchange.Kind]exchange.Count{
			exchange.Cards: counts(1, 1, 1, 1),
			exchange.Loans: counts(1, 1, 1, 0), // L3 and F3 are a closed card's: they stay, unseen
			exchange.Fees:  counts(1, 1, 1, 0),
		})
		if want := "cards: 1 added, 1 changed, 1 unchanged, 1 closed\nloans: 1 added, 1 changed, 1 unchanged, 0 returned\n" +
			"fees: 1 added, 1 changed, 1 unchanged, 0 settled\n"; sum.String() != want {
			t.Errorf("got %s", sum)
		}
		_, content := export(t, s)
		want := "loan_id,card_number,item_number,title,author,material,lent_on,due_on,renewals,reserved\n" +
			"L1,1,39,Geheime titel,,,2026-11-01,2026-11-22,0,no\nL2,1,40,T,,,2026-11-01,2026-11-22,0,no\nL4,4,42,T,,,2026-11-01,2026-11-22,0,yes\n"
		if diff := cmp.Diff(want, content["loans.csv"]); diff != "" {
			t.Error(diff)
		}
		// Only the loans: two are returned, cards and fees stay as they are.
		sum = mustImport(t, s, files("", loansHead+"L4,4,42,T,2026-11-01,2026-11-22,,ja\n", ""))
		wantCounts(t, sum, map[exchange.Kind]exchange.Count{exchange.Loans: counts(0, 0, 1, 2)})
		if _, after := export(t, s); after["cards.csv"] != content["cards.csv"] || after["fees.csv"] != content["fees.csv"] {
			t.Error("a kind that was not given has changed")
		}
		// Without a cards file, a closed card is no card.
		if _, err := exchange.Import(t.Context(), s, files("", loansHead+"L5,3,42,T,2026-11-01,2026-11-22,,\n", ""), options()); err == nil ||
			!strings.Contains(err.Error(), "no such card in the library") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAFeePaidHereStaysPaid(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustImport(t, s, files(goodCards, "", goodFees))
		sys := system(s)
		err := sys.Settle(t.Context(), number(t, "1"), []circulation.Settlement{{Fee: "F1", Amount: 250}}, "17")
		if err != nil {
			t.Fatal(err)
		}
		for _, again := range []string{goodFees, strings.ReplaceAll(goodFees, "2.50", "9.99"), feesHead + "F2,1,other,1,2026-11-01,\n", goodFees} {
			mustImport(t, s, files(goodCards, "", again))
			fees, err := sys.Fees(t.Context(), number(t, "1"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range fees {
				if f.ID == "F1" {
					t.Errorf("after a file of %d bytes it is owed again: %s", len(again), f.Amount)
				}
			}
		}
		wantCounts(t, mustImport(t, s, files(goodCards, "", goodFees)), map[exchange.Kind]exchange.Count{
			exchange.Cards: counts(0, 0, 2, 0), exchange.Fees: counts(0, 0, 1, 0),
		})
		// The payment is told again: still no trouble.
		if err := sys.Settle(t.Context(), number(t, "1"), []circulation.Settlement{{Fee: "F1", Amount: 250}}, "17"); err != nil {
			t.Error(err)
		}
	})
}

// The file has caught up with a part that was paid here: what is left is still owed.
func TestAFeePaidHereInPartStaysOpenForTheRest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustImport(t, s, files(goodCards, "", goodFees))
		sys := system(s)
		err := sys.Settle(t.Context(), number(t, "1"), []circulation.Settlement{{Fee: "F1", Amount: 100, Of: 250}}, "17")
		if err != nil {
			t.Fatal(err)
		}
		exported, _ := export(t, s)
		for name, file := range map[string]exchange.Files{"what we exported": exported, "the same file": files(goodCards, "", goodFees)} {
			wantCounts(t, mustImport(t, s, exchange.Files{Fees: file.Fees}), map[exchange.Kind]exchange.Count{exchange.Fees: counts(0, 0, 1, 0)})
			fees, err := sys.Fees(t.Context(), number(t, "1"))
			if err != nil || len(fees) != 1 || fees[0].Amount != 150 {
				t.Errorf("%s: got %v, %v", name, fees, err)
			}
		}
	})
}

func TestAPartOfAFeePaidHereStaysPaid(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustImport(t, s, files(goodCards, "", goodFees))
		sys := system(s)
		part := []circulation.Settlement{{Fee: "F1", Amount: 60, Of: 250}}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		owes := func(after string, want money.Cents) {
			t.Helper()
			fees, err := sys.Fees(t.Context(), number(t, "1"))
			must(err)
			if len(fees) != 1 || fees[0].Amount != want {
				t.Errorf("after %s: owes %v, want %v", after, fees, want)
			}
		}
		must(sys.Settle(t.Context(), number(t, "1"), part, "17"))
		for _, step := range []struct {
			after, amount string
			changed       int
			owes          money.Cents
		}{
			{"a file that does not know of it", "2.50", 0, 190},
			{"one that does", "1.90", 0, 190},
			{"an older one", "2.50", 0, 190},
			{"one in which the fee is more", "3.00", 1, 240},
			{"one in which less is left", "1.00", 1, 100},
			{"the same again", "1.00", 0, 100},
		} {
			sum := mustImport(t, s, files("", "", strings.ReplaceAll(goodFees, "2.50", step.amount)))
			wantCounts(t, sum, map[exchange.Kind]exchange.Count{exchange.Fees: counts(0, step.changed, 1-step.changed, 0)})
			owes(step.after, step.owes)
		}
		_, exported := export(t, s)
		mustImport(t, s, files("", "", exported["fees.csv"]))
		owes("its own export", 100)
		// The library settles the rest; then the part is given back.
		mustImport(t, s, files("", "", feesHead+"F2,20001000000012,other,1,2026-11-01,\n"))
		must(sys.Reopen(t.Context(), number(t, "1"), part, "17"))
		owes("it was given back", 60)
	})
}

func TestAFeeThatComesBackIsOpenAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustImport(t, s, files(goodCards, "", goodFees))
		wantCounts(t, mustImport(t, s, files("", "", feesHead+"F2,1,other,1,2026-11-01,\n")), map[exchange.Kind]exchange.Count{
			exchange.Fees: counts(1, 0, 0, 1),
		})
		wantCounts(t, mustImport(t, s, files("", "", goodFees)), map[exchange.Kind]exchange.Count{exchange.Fees: counts(0, 1, 0, 1)})
		fees, err := system(s).Fees(t.Context(), number(t, "1"))
		if err != nil || len(fees) != 1 || fees[0].ID != "F1" {
			t.Errorf("got %v, %v", fees, err)
		}
	})
}

func TestALoanRenewedHereKeepsItsDateUntilTheFileBringsAnother(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		loans := func(due, renewals, title string) string {
			return loansHead + "L1,1,39," + title + ",2026-11-10," + due + "," + renewals + ",\n"
		}
		mustImport(t, s, files(goodCards, loans("2026-12-01", "0", "T"), ""))
		sys := system(s)
		if _, err := sys.Renew(t.Context(), number(t, "1"), "L1", day(t, "2026-12-01")); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name, file string
			want       exchange.Count
			due        string
			renewals   int
		}{
			{"the same file", loans("2026-12-01", "0", "T"), counts(0, 0, 1, 0), "2026-12-16", 1},
			{"another title", loans("2026-12-01", "0", "U"), counts(0, 1, 0, 0), "2026-12-16", 1},
			{"what we exported", loans("2026-12-16", "1", "U"), counts(0, 0, 1, 0), "2026-12-16", 1},
			{"another date", loans("2026-12-20", "1", "U"), counts(0, 1, 0, 0), "2026-12-20", 1},
			{"an earlier date", loans("2026-12-01", "0", "U"), counts(0, 1, 0, 0), "2026-12-01", 0},
		} {
			wantCounts(t, mustImport(t, s, files("", c.file, "")), map[exchange.Kind]exchange.Count{exchange.Loans: c.want})
			got, err := sys.Loans(t.Context(), number(t, "1"))
			if err != nil || len(got) != 1 || got[0].DueOn != day(t, c.due) || got[0].Renewals != c.renewals {
				t.Errorf("%s: got %v, %v", c.name, got, err)
			}
		}
	})
}

// A fee that a renewal here made is not in the library's files: that does not
// settle it. Once a file has had it, it is like any other.
func TestAFeeMadeHereIsNotSettledByAFileThatNeverHadIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustImport(t, s, files(goodCards, goodLoans, goodFees))
		sys, n := system(s), number(t, "1")
		if _, err := sys.Renew(t.Context(), n, "L1", day(t, "2026-11-22")); err != nil {
			t.Fatal(err)
		}
		owed := func(want int) {
			t.Helper()
			if fees, err := sys.Fees(t.Context(), n); err != nil || len(fees) != want {
				t.Fatalf("%d fees are open, want %d: %v", len(fees), want, err)
			}
		}
		owed(2)
		mustImport(t, s, files(goodCards, goodLoans, goodFees))
		owed(2)
		exported, first := export(t, s)
		wantCounts(t, mustImport(t, s, exported), map[exchange.Kind]exchange.Count{
			exchange.Cards: counts(0, 0, 2, 0), exchange.Loans: counts(0, 0, 1, 0), exchange.Fees: counts(0, 0, 2, 0),
		})
		if _, again := export(t, s); !cmp.Equal(first, again) {
			t.Errorf("the export changed: %s", cmp.Diff(first, again))
		}
		owed(2)
		mustImport(t, s, files("", "", goodFees))
		owed(1)
	})
}

func TestAClosedCardsMandatesCountForNothingAndItsReturnOpensIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		mustImport(t, s, files("card_number,name\n1,Ans\n2,Bo\n", "", ""))
		holder := func(n, name string) card.Holder {
			h, err := s.KnowCard(ctx, card.Card{Number: number(t, n), Name: name})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		parent, child := holder("1", "Ans"), holder("2", "Bo")
		m, err := s.AddRequest(ctx, mandate.Mandate{
			Scope: mandate.Renew, Starter: mandate.Grantee, Grantor: child, Grantee: parent, Typed: child.Number,
			State: mandate.Requested, RequestedAt: now, AnswerBy: now.Add(time.Hour),
		}, mandate.Entry{At: now, Deed: mandate.Deed(mandate.Request), Scope: mandate.Renew, Actor: parent, Card: child, Other: parent})
		if err != nil {
			t.Fatal(err)
		}
		m.State, m.ConfirmedAt = mandate.Active, now
		entry := mandate.Entry{At: now, Deed: mandate.Deed(mandate.Confirm), Scope: mandate.Renew, Actor: child, Card: child, Other: parent}
		if ok, err := s.SaveStep(ctx, m, mandate.Requested, entry); !ok || err != nil {
			t.Fatalf("not confirmed: %v", err)
		}
		active := func(want int) {
			t.Helper()
			if got, err := s.ActiveFor(ctx, parent.ID); err != nil || len(got) != want {
				t.Fatalf("%d mandates count, want %d: %v", len(got), want, err)
			}
		}
		closed := func(want bool) {
			t.Helper()
			a, ok, err := s.AccountByNumber(ctx, child.Number)
			if err != nil || !ok || a.Closed != want {
				t.Fatalf("closed is %v, want %v: %v", a.Closed, want, err)
			}
		}
		active(1)
		mustImport(t, s, files("card_number,name\n1,Ans\n", "", ""))
		active(0)
		closed(true)
		mustImport(t, s, files("card_number,name\n1,Ans\n2,Bo van Ans\n", "", ""))
		closed(false)
		if a, _, err := s.AccountByNumber(ctx, child.Number); err != nil || a.Holder.Name != "Bo van Ans" {
			t.Errorf("the name is %q, %v", a.Holder.Name, err)
		}
	})
}

func TestAFirstPasswordCountsUntilTheHolderHasChosenOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		const head = "card_number,name,first_password\n"
		firsts := func(f exchange.Files, set, unchanged, chosen int) {
			t.Helper()
			sum := mustImport(t, s, f)
			if got := sum.FirstPasswords; got.Set != set || got.Unchanged != unchanged || got.Chosen != chosen {
				t.Errorf("got %+v, want %d, %d, %d", got, set, unchanged, chosen)
			}
		}
		opens := func(n, password string, want bool) {
			t.Helper()
			got, err := system(s).CheckFirstPassword(ctx, number(t, n), password)
			if err != nil || got != want {
				t.Errorf("%s on %s: got %v, %v", password, n, got, err)
			}
		}
		firsts(files(head+"1,Ans,Een-1\n2,Bo,Twee-2\n3,Cor,\n", "", ""), 2, 0, 0)
		opens("1", "Een-1", true)
		opens("2", "Een-1", false)
		h, err := s.KnowCard(ctx, card.Card{Number: number(t, "2"), Name: "Bo"})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := s.SetPassword(ctx, h.ID, account.Hash("own"), 0); !ok || err != nil {
			t.Fatal(ok, err)
		}
		firsts(files(head+"1,Ans,Een-1\n2,Bo,Anders-2\n3,Cor,Drie-3\n", "", ""), 1, 1, 1)
		opens("2", "Twee-2", true) // the system's; whether it still counts is for the log-in to say
		opens("2", "Anders-2", false)
		opens("3", "Drie-3", true)
		// Without the column, or with nothing in it, they stay.
		firsts(files("card_number,name\n1,Ans\n2,Bo\n3,Cor\n", "", ""), 0, 0, 0)
		firsts(files(head+"1,Ans,\n2,Bo,\n3,Cor,Nieuw-3\n", "", ""), 1, 0, 0)
		opens("1", "Een-1", true)
		opens("3", "Nieuw-3", true)
		opens("3", "Drie-3", false)
	})
}

// The import is a program of its own beside the running one.
func TestOthersGoOnWhileAnImportReads(t *testing.T) {
	t.Parallel()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		ctx := t.Context()
		importing, serving := storetest.Open(t, address), storetest.Open(t, address)
		if err := importing.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		const head = "card_number,name,first_password\n"
		mustImport(t, importing, files(head+"1,Ans,Een-1\n", "", ""))
		h, err := serving.KnowCard(ctx, card.Card{Number: number(t, "1"), Name: "Ans"})
		if err != nil {
			t.Fatal(err)
		}
		o := options()
		steps := 0
		o.Progress = func(step exchange.Step, done, _ int64) {
			switch {
			case step == exchange.Reading:
				steps++
				if _, err := serving.RaiseEpoch(ctx, h.ID); err != nil {
					t.Errorf("while the import reads: %v", err)
				}
			case step == exchange.Saving && done == 0:
				// After the import has looked whether there is an own password.
				a, _, err := serving.Account(ctx, h.ID)
				if err != nil {
					t.Errorf("before the import saves: %v", err)
				}
				if _, ok, err := serving.SetPassword(ctx, h.ID, "own", a.Epoch); !ok || err != nil {
					t.Errorf("before the import saves: %v, %v", ok, err)
				}
			}
		}
		if _, err := exchange.Import(ctx, importing, files(head+"1,Ans,Twee-2\n", "", ""), o); err != nil {
			t.Fatal(err)
		}
		if good, err := system(serving).CheckFirstPassword(ctx, h.Number, "Een-1"); !good || err != nil || steps == 0 {
			t.Errorf("a first password came in over the holder's own: %v, %v, %d steps", good, err, steps)
		}
	})
}
