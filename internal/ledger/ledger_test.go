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

func TestAPostingGoesSomewhereElseForAReasonAndIsAboveZero(t *testing.T) {
	t.Parallel()
	good := ledger.Posting{From: ledger.Fees(17), To: ledger.Till("Centrum", "Balie 1", "cash"), Amount: 250, Why: ledger.Paid, At: noon, Payment: 9}
	for name, spoil := range map[string]func(p *ledger.Posting){
		"nothing":             func(p *ledger.Posting) { p.Amount = 0 },
		"below zero":          func(p *ledger.Posting) { p.Amount = -1 },
		"to itself":           func(p *ledger.Posting) { p.To = p.From },
		"from nobody":         func(p *ledger.Posting) { p.From = "" },
		"to nobody":           func(p *ledger.Posting) { p.To = "" },
		"for no reason":       func(p *ledger.Posting) { p.Why = "" },
		"at no time":          func(p *ledger.Posting) { p.At = time.Time{} },
		"reverses nothing":    func(p *ledger.Posting) { p.Why = ledger.Reversal },
		"reverses and pays":   func(p *ledger.Posting) { p.Reverses = 3 },
		"a name with a NUL":   func(p *ledger.Posting) { p.To = "till/a\x00b" },
		"a name that is not":  func(p *ledger.Posting) { p.To = "till/\xff" },
		"a reason that isn't": func(p *ledger.Posting) { p.Why = "\xff" },
	} {
		bad := good
		spoil(&bad)
		if _, err := ledger.Post(bad); !errors.Is(err, ledger.ErrPosting) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := ledger.Post(good); err != nil || p != good || p.To != "till/Centrum/Balie 1/cash" || p.From != "fees/17" {
		t.Errorf("posted %+v, %v", p, err)
	}
}

func accounts() []ledger.Account {
	return []ledger.Account{
		ledger.Fees(1), ledger.Fees(2), ledger.Refunds(1), ledger.Provider("bank"), ledger.Till("A", "1", "pin"), ledger.WriteOffs,
	}
}

// posting draws one that is right.
func posting(t *rapid.T) ledger.Posting {
	from := rapid.SampledFrom(accounts()).Draw(t, "from")
	to := rapid.SampledFrom(accounts()).Filter(func(a ledger.Account) bool { return a != from }).Draw(t, "to")
	p := ledger.Posting{
		From: from, To: to, Amount: money.Cents(rapid.Int64Range(1, 1_000_000).Draw(t, "amount")),
		Why:     rapid.SampledFrom(ledger.Whys).Draw(t, "why"),
		At:      noon.Add(time.Duration(rapid.IntRange(0, 1e9).Draw(t, "ms")) * time.Millisecond),
		Payment: rapid.Int64Range(0, 9).Draw(t, "payment"), Refund: rapid.Int64Range(0, 9).Draw(t, "refund"),
		Shift: rapid.Int64Range(0, 9).Draw(t, "shift"),
	}
	if p.Why == ledger.Reversal {
		p.Reverses = rapid.Int64Range(1, 9).Draw(t, "reverses")
	}
	p, err := ledger.Post(p)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheSumOverAllAccountsIsZero(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		balances := ledger.Book{}
		book := rapid.SliceOfN(rapid.Custom(posting), 0, 30).Draw(t, "book")
		for _, p := range book {
			if err := balances.Add(p); err != nil {
				t.Fatal(err)
			}
		}
		kinds, sum, err := balances.Sum()
		if err != nil || sum != 0 {
			t.Fatalf("the sum is %v, %v", sum, err)
		}
		if kinds["fees"] != balances["fees/1"]+balances["fees/2"] {
			t.Fatalf("the kinds are %v of %v", kinds, balances)
		}
		for _, p := range book {
			p.From, p.To = p.To, p.From
			if err := balances.Add(p); err != nil {
				t.Fatal(err)
			}
		}
		for account, b := range balances {
			if b != 0 {
				t.Fatalf("after undoing everything %s has %v", account, b)
			}
		}
	})
}

func TestBalancesThatDoNotFitAreAnError(t *testing.T) {
	t.Parallel()
	const most = money.Cents(1<<63 - 1)
	b := ledger.Book{}
	big := ledger.Posting{From: "a", To: "b", Amount: most}
	if err := b.Add(big); err != nil {
		t.Fatal(err)
	}
	if err := b.Add(big); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("got %v", err)
	}
	if b["a"] != -most || b["b"] != most {
		t.Errorf("what does not fit changed %v", b)
	}
}

func TestADayAddsUpToWhatThePursesHaveMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day, balances := ledger.Day{}, ledger.Book{}
		for _, p := range rapid.SliceOfN(rapid.Custom(posting), 0, 30).Draw(t, "book") {
			e := ledger.Entry{Row: ledger.Row{Posting: p}}
			if p.Why == ledger.Reversal {
				e.Undoes = rapid.SampledFrom(ledger.Whys).Draw(t, "undoes")
			}
			if err := errors.Join(day.Add(e), balances.Add(p)); err != nil {
				t.Fatal(err)
			}
		}
		for purse, d := range day {
			if sum := d.Received - d.PaidBack - d.ChargedBack + d.Rounding + d.Differences + d.In - d.Out + d.Other; sum != d.Net {
				t.Fatalf("%v: the columns come to %v, net is %v", purse, sum, d.Net)
			}
		}
		if got := day[ledger.Purse{Means: "online", Provider: "bank"}].Net; got != balances["provider/bank"] {
			t.Fatalf("the provider has %v more, its account says %v", got, balances["provider/bank"])
		}
		if got := day[ledger.Purse{Branch: "A", Means: "pin"}].Net; got != balances["till/A/1/pin"] {
			t.Fatalf("the till has %v more, its account says %v", got, balances["till/A/1/pin"])
		}
	})
}

func TestADayPutsEachReasonInItsColumn(t *testing.T) {
	t.Parallel()
	cash, safe := ledger.Till("A", "1", "cash"), ledger.Safe("A")
	day := ledger.Day{}
	for _, e := range []ledger.Entry{
		{Row: ledger.Row{Posting: ledger.Posting{From: "fees/1", To: cash, Amount: 1000, Why: ledger.Paid}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: "refunds/1", To: ledger.Till("A", "2", "cash"), Amount: 50, Why: ledger.Owed}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: cash, To: "refunds/1", Amount: 200, Why: ledger.PaidBack}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: "refunds/1", To: "fees/1", Amount: 200, Why: ledger.Returned}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: cash, To: "rounding/A", Amount: 2, Why: ledger.Rounding}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: safe, To: cash, Amount: 5000, Why: ledger.CashIn}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: cash, To: safe, Amount: 4000, Why: ledger.CashOut}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: cash, To: "differences/A", Amount: 10, Why: ledger.Difference}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: cash, To: "fees/1", Amount: 300, Why: ledger.Reversal}}, Undoes: ledger.Paid},
	} {
		if err := day.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	bank := ledger.Provider("bank")
	for _, e := range []ledger.Entry{
		{Row: ledger.Row{Posting: ledger.Posting{From: "fees/1", To: bank, Amount: 1000, Why: ledger.Paid}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: bank, To: "fees/1", Amount: 700, Why: ledger.Chargeback}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: "refunds/1", To: bank, Amount: 600, Why: ledger.Restored}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: bank, To: "refunds/1", Amount: 50, Why: ledger.PaidBack, Refund: 4}}},
		{Row: ledger.Row{Posting: ledger.Posting{From: "refunds/1", To: bank, Amount: 40, Why: ledger.Restored, Refund: 4}}},
	} {
		if err := day.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	for purse, want := range map[ledger.Purse]ledger.Takings{
		{Branch: "A", Means: "cash"}:        {Received: 750, PaidBack: 200, Rounding: -2, In: 5000, Out: 4000, Differences: -10, Net: 1538},
		{Means: "online", Provider: "bank"}: {Received: 1000, ChargedBack: 100, PaidBack: 10, Net: 890},
	} {
		if got := day[purse]; got != want || len(day) != 2 {
			t.Errorf("got %+v, want %+v, of %d", got, want, len(day))
		}
	}
}

func TestTheTerminalsOfABranchAreOnePurse(t *testing.T) {
	t.Parallel()
	day := ledger.Day{}
	for i, name := range []string{"Zuil 1", "Zuil 2"} {
		if err := day.Add(ledger.Entry{Row: ledger.Row{No: int64(i + 1), Posting: ledger.Posting{
			From: ledger.Fees(1), To: ledger.Terminal("Centrum", name), Amount: 150, Why: ledger.Paid,
		}}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := day[ledger.Purse{Branch: "Centrum", Means: "kiosk"}]; got.Received != 300 || got.Net != 300 {
		t.Errorf("took %+v", got)
	}
}
