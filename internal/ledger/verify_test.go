package ledger_test

import (
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/ledger"
)

// chain seals the postings one after the other.
func chain(book []ledger.Posting) (rows []ledger.Row, head ledger.Head) {
	for _, p := range book {
		head = ledger.Head{No: head.No + 1, Hash: ledger.Seal(head.Hash, head.No+1, p)}
		rows = append(rows, ledger.Row{Posting: p, No: head.No, Hash: head.Hash})
	}
	return rows, head
}

// verify returns the first fault, nil when the ledger is sound.
func verify(t interface{ Fatal(...any) }, rows []ledger.Row, head, expect ledger.Head) *ledger.Fault {
	v := ledger.Verifier{Expect: expect}
	var err error
	for _, r := range rows {
		if err = v.Add(r); err != nil {
			break
		}
	}
	if err == nil {
		err = v.End(head)
	}
	var fault *ledger.Fault
	if err != nil && !errors.As(err, &fault) {
		t.Fatal(err)
	}
	return fault
}

// The encoding is for good: a ledger that was sealed years ago must verify.
func TestTheSealOfAPostingStaysTheSame(t *testing.T) {
	t.Parallel()
	first := ledger.Seal(ledger.Hash{}, 1, ledger.Posting{From: "fees/1", To: "provider/mollie", Amount: 250, Why: ledger.Paid, At: noon, Payment: 9})
	second := ledger.Seal(first, 2, ledger.Posting{
		From: "till/Noord/Balie 1/cash", To: "fees/1", Amount: 250, Why: ledger.Reversal, At: noon, Payment: 9, Refund: 4, Shift: 2, Reverses: 1,
	})
	for i, c := range []struct{ got, want string }{
		{hex.EncodeToString(first[:]), "3c1637c8090c854cf06240f329c48a408f77c5edb30695bed5508ee0bf7cbb27"},
		{hex.EncodeToString(second[:]), "7d332f4de70d9902c6c6d475c382ea5534b7025894368817f741f66898604ceb"},
	} {
		if c.got != c.want {
			t.Errorf("%d: %s, want %s", i+1, c.got, c.want)
		}
	}
}

func TestAnySingleChangeOfAChainIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		book := rapid.SliceOfN(rapid.Custom(posting), 1, 20).Draw(t, "book")
		rows, head := chain(book)
		if fault := verify(t, rows, head, ledger.Head{}); fault != nil {
			t.Fatalf("a sound ledger: %v", fault)
		}
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		j := rapid.IntRange(0, len(rows)-1).Draw(t, "other row")
		bad := slices.Clone(rows)
		switch act := rapid.SampledFrom([]string{"change", "swap", "remove", "insert", "hash", "head"}).Draw(t, "act"); act {
		case "change":
			change(t, &bad[i].Posting)
		case "swap": // two postings change places, and keep the numbers and hashes of the places
			bad[i].Posting, bad[j].Posting = bad[j].Posting, bad[i].Posting
			if bad[i] == rows[i] {
				t.Skip("the same")
			}
		case "remove":
			bad = slices.Delete(bad, i, i+1)
		case "insert":
			bad = slices.Insert(bad, i, bad[j])
		case "hash":
			bad[i].Hash[rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case "head":
			head.No--
		}
		if verify(t, bad, head, ledger.Head{}) == nil {
			t.Fatal("it was not found")
		}
	})
}

// change changes one field.
func change(t *rapid.T, p *ledger.Posting) {
	switch rapid.IntRange(0, 8).Draw(t, "field") {
	case 0:
		p.From += "x"
	case 1:
		p.To += "x"
	case 2:
		p.Amount++
	case 3:
		p.Why += "x"
	case 4:
		p.At = p.At.Add(time.Millisecond)
	case 5:
		p.Payment++
	case 6:
		p.Refund++
	case 7:
		p.Shift++
	case 8:
		p.Reverses++
	}
}

func TestFaultsSayWhere(t *testing.T) {
	t.Parallel()
	p := ledger.Posting{From: "fees/1", To: "provider/mollie", Amount: 1, Why: ledger.Paid, At: noon}
	rows, head := chain([]ledger.Posting{p, p, p, p, p})
	changed := slices.Clone(rows)
	changed[2].Amount = 2
	other := p
	other.Amount = 9
	rewritten, newHead := chain([]ledger.Posting{p, p, other, p, p})
	noted := ledger.Head{No: 4, Hash: rows[3].Hash}
	for name, c := range map[string]struct {
		rows   []ledger.Row
		head   ledger.Head
		expect ledger.Head
		want   ledger.Fault
	}{
		"one is changed":            {changed, head, ledger.Head{}, ledger.Fault{Kind: ledger.Changed, No: 3}},
		"one is left out":           {slices.Delete(slices.Clone(rows), 1, 2), head, ledger.Head{}, ledger.Fault{Kind: ledger.Missing, No: 2}},
		"one is there twice":        {slices.Insert(slices.Clone(rows), 3, rows[2]), head, ledger.Head{}, ledger.Fault{Kind: ledger.Doubled, No: 3}},
		"the last are taken out":    {rows[:3], head, ledger.Head{}, ledger.Fault{Kind: ledger.CutOff, No: 5}},
		"more than the head says":   {rows, ledger.Head{No: 4, Hash: rows[3].Hash}, ledger.Head{}, ledger.Fault{Kind: ledger.CutOff, No: 5}},
		"all is sealed anew":        {rewritten, newHead, noted, ledger.Fault{Kind: ledger.Rewritten, No: 4}},
		"the last, and their head":  {rows[:3], ledger.Head{No: 3, Hash: rows[2].Hash}, noted, ledger.Fault{Kind: ledger.Rewritten, No: 4}},
		"nothing is left of it all": {nil, ledger.Head{}, noted, ledger.Fault{Kind: ledger.Rewritten, No: 4}},
	} {
		if got := verify(t, c.rows, c.head, c.expect); got == nil || *got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for _, expect := range []ledger.Head{{}, noted, head} {
		if fault := verify(t, rows, head, expect); fault != nil {
			t.Errorf("a sound ledger, expecting %v: %v", expect.No, fault)
		}
	}
}

func TestAHeadIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	_, head := chain([]ledger.Posting{{From: "a", To: "b", Amount: 1, Why: ledger.Paid, At: noon}})
	for _, h := range []ledger.Head{{}, head} {
		if got, err := ledger.ParseHead(" " + h.String() + "\n"); err != nil || got != h {
			t.Errorf("%v: %v, %v", h, got, err)
		}
	}
	for _, bad := range []string{"", "1", "1:", "1:ab", "x:" + head.String()[2:], "-1:" + head.String()[2:], head.String() + "00", "1:" + "zz" + head.String()[4:]} {
		if got, err := ledger.ParseHead(bad); !errors.Is(err, ledger.ErrHead) {
			t.Errorf("%q: %v, %v", bad, got, err)
		}
	}
}
