package ledger_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/money"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestAPostingGoesSomewhereElseAndIsAboveZero(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to ledger.Account
		amount   money.Cents
	}{
		"nothing":     {"a", "b", 0},
		"below zero":  {"a", "b", -1},
		"to itself":   {"a", "a", 1},
		"from nobody": {"", "b", 1},
		"to nobody":   {"a", "", 1},
	} {
		if _, err := ledger.Post(c.from, c.to, c.amount, 1, noon); !errors.Is(err, ledger.ErrPosting) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err := ledger.Post(ledger.Fees(17), ledger.Till("cash"), 250, 9, noon)
	if err != nil || p != (ledger.Posting{From: "fees/17", To: "till/cash", Amount: 250, Payment: 9, At: noon}) {
		t.Errorf("posted %+v, %v", p, err)
	}
}

func TestTheSumOverAllAccountsIsZeroAndAReversalUndoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		accounts := []ledger.Account{ledger.Fees(1), ledger.Fees(2), ledger.Refunds(1), ledger.Provider("bank"), ledger.Till("pin")}
		var book []ledger.Posting
		for range rapid.IntRange(0, 30).Draw(t, "postings") {
			from := rapid.SampledFrom(accounts).Draw(t, "from")
			to := rapid.SampledFrom(accounts).Draw(t, "to")
			p, err := ledger.Post(from, to, money.Cents(rapid.Int64Range(-5, 1_000_000).Draw(t, "amount")), 1, noon)
			if err == nil {
				book = append(book, p)
			}
		}
		balances, err := ledger.Balances(book)
		if err != nil {
			t.Fatal(err)
		}
		var sum money.Cents
		for _, b := range balances {
			sum += b
		}
		if sum != 0 {
			t.Fatalf("the sum is %v", sum)
		}
		for _, p := range book {
			book = append(book, p.Reverse(noon.Add(time.Hour)))
		}
		if balances, err = ledger.Balances(book); err != nil {
			t.Fatal(err)
		}
		for account, b := range balances {
			if b != 0 {
				t.Fatalf("after reversing everything %s has %v", account, b)
			}
		}
	})
}

func TestBalancesThatDoNotFitAreAnError(t *testing.T) {
	t.Parallel()
	const most = money.Cents(1<<63 - 1)
	book := []ledger.Posting{{From: "a", To: "b", Amount: most}, {From: "a", To: "b", Amount: most}}
	if _, err := ledger.Balances(book); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("got %v", err)
	}
}
