package sip_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/librarytest"
	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

func TestEveryProfileCanBeRead(t *testing.T) {
	t.Parallel()
	names := sip.ProfileNames()
	for _, want := range []string{"koha", "koha-lines", "evergreen", "wise", "folio", "hoofdpas"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no profile %s", want)
		}
	}
	for _, name := range names {
		p, err := sip.LoadProfile(name)
		if err != nil || p.Name != name {
			t.Errorf("%s: named %q, %v", name, p.Name, err)
		}
	}
}

func TestALibraryMayHaveAProfileOfItsOwn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "own.toml")
	own := "name = \"own\"\n[loans]\nlists = [\"charged\"]\n[fees]\ntake = \"sum\"\n"
	if err := os.WriteFile(path, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := sip.LoadProfile(path); err != nil || p.Name != "own" {
		t.Errorf("got %q, %v", p.Name, err)
	}
	if _, err := sip.LoadProfile("nergens.toml"); err == nil {
		t.Error("a file that is not there is a profile")
	}
	for _, name := range []string{"kohaa", "", "../koha"} {
		if _, err := sip.LoadProfile(name); err == nil {
			t.Errorf("%q is a profile", name)
		}
	}
	if _, err := sip.LoadProfile("kohaa"); !strings.Contains(fmt.Sprint(err), "evergreen") {
		t.Errorf("it does not say which there are: %v", err)
	}
}

func TestEveryFaultOfAProfileIsTold(t *testing.T) {
	t.Parallel()
	_, err := sip.ParseProfile(`
name = "own"
nmae = "typo"
[loans]
lists = ["overdue", "holds"]
page = -1
[patron]
number = "(["
[fees]
list = "all"
line = "(x"
take = "some"
[fees.group]
item = "FB"
[fees.kinds]
"x" = "boete"
[refusals]
"x" = "renew.nonsense"
`)
	for _, want := range []string{"nmae", `"holds"`, "loans.page", "patron.number", `"all"`, "fees.line", `"some"`, "fees.group", `"boete"`, `"renew.nonsense"`} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s is not told of in: %v", want, err)
		}
	}
	for _, text := range []string{
		"", "[[[", "[loans]\nlists=[\"charged\"]\n[fees]\ntake=\"line\"\n",
		"[loans]\nlists=[\"charged\"]\n[fees]\ntake=\"line\"\nline='(?P<amount>.*)'\n",
		"[loans]\nlists=[\"charged\"]\n[fees]\ntake=\"sum\"\nline='.*'\n",
	} {
		if _, err := sip.ParseProfile(text); err == nil {
			t.Errorf("%q is a profile", text)
		}
	}
}

// told is a peer that says what a test tells it to, and keeps what it was asked.
type told struct {
	mu    sync.Mutex
	say   func(m sip2.Message) sip2.Message
	asked []sip2.Message
}

func (p *told) Serve(_ context.Context, m sip2.Message) (sip2.Message, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, m)
	switch m.Code {
	case sip2.LogIn:
		return sip2.LogInReply{OK: true}.Message(), true
	case sip2.SCStatus:
		return sip2.ACSStatusReply{Online: true}.Message(), true
	}
	return p.say(m), true
}

func (p *told) all(code string) (all []sip2.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.asked {
		if m.Code == code {
			all = append(all, m)
		}
	}
	return all
}

// owing is a peer where the card owes what the fields say.
func owing(owed string, fields ...sip2.Field) *told {
	return &told{say: func(m sip2.Message) sip2.Message {
		if m.Code == sip2.FeePaid {
			return sip2.FeePaidReply{Accepted: true, Patron: m.Get("AA")}.Message()
		}
		return sip2.PatronInformationReply{
			Patron: m.Get("AA"), Name: "Anna", ValidPatron: sip2.Yes, Owed: owed, List: sip2.NoList, Extra: fields,
		}.Message()
	}}
}

func TestFeesOfEachProfile(t *testing.T) {
	t.Parallel()
	av := func(lines ...string) (all []sip2.Field) {
		for _, l := range lines {
			all = append(all, sip2.Field{ID: "AV", Value: l})
		}
		return all
	}
	row := func(values ...string) (all []sip2.Field) {
		for i, v := range values {
			all = append(all, sip2.Field{ID: []string{"CG", "FA", "FB", "FC", "FD", "FE", "FF"}[i], Value: v})
		}
		return all
	}
	for name, c := range map[string]struct {
		profile string
		fields  []sip2.Field
		want    []circulation.Fee
		pays    string // CG and BV of the first
	}{
		"koha with ids": {
			"koha-lines", av("6 Damaged cover: “Émile” 12.99", "7 Photocopy 0.30", "8 Half a cent 0.005", "Photocopy 0.20"),
			[]circulation.Fee{
				{ID: "6=12.99", Kind: "other", Description: "Damaged cover: “Émile”", Amount: 1299, Item: "?"},
				{ID: "7=0.30", Kind: "other", Description: "Photocopy", Amount: 30, Item: "?"},
			},
			"6 12.99",
		},
		"evergreen": {
			"evergreen", av(`12 $5.20 "FINE" Het huis`, `13 $30 "LOST" Een $ boek`, `14 $1,50 "FEE" x`, "1.00 Overdue materials x"),
			[]circulation.Fee{
				{ID: "12=5.20", Kind: "overdue", Description: "Het huis", Amount: 520, Item: "?"},
				{ID: "13=30.00", Kind: "lost", Description: "Een $ boek", Amount: 3000, Item: "?"},
			},
			"12 5.20",
		},
		"folio": {
			"folio", slices.Concat(
				row("b-2", "1.50", "391", "24.11.2026", "Het huis", "x", "Overdue fine"),
				row("a-1", "3.00", "", "20.11.2026", "Kopie", "y", "Copy"),
				row("c-3", "abc", "", "", "", "", ""), row("", "1.00"), row("d-4"),
			),
			[]circulation.Fee{
				{ID: "a-1", Kind: "other", Description: "Kopie", Amount: 300, ChargedOn: day(t, "2026-11-20"), Item: "?"},
				{ID: "b-2", Kind: "overdue", Description: "Het huis", Amount: 150, ChargedOn: day(t, "2026-11-24"), Item: "391"},
			},
			"a-1 3.00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := owing("99.99", c.fields...)
			s := system(t, c.profile, serve(t, peer), nil)
			got, err := s.Fees(t.Context(), number(t, annas))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmp.Comparer(same[calendar.Date])); diff != "" {
				t.Error(diff)
			}
			f := circulation.Settlement{Fee: got[0].ID, Amount: got[0].Amount}
			settle(t, s, f, "")
			settle(t, s, circulation.Settlement{Fee: "99=1.00", Amount: 100}, circulation.ReasonFeeNotFound)
			settle(t, s, circulation.Settlement{Fee: got[1].ID, Amount: got[1].Amount + 1}, circulation.ReasonFeeSettled)
			settle(t, s, again(circulation.Settlement{Fee: "99=1.00", Amount: 100}), "")
			paid := peer.all(sip2.FeePaid)
			if len(paid) != 1 || paid[0].Get("CG")+" "+paid[0].Get("BV") != c.pays || paid[0].Get("BK") != "1001" ||
				paid[0].Get("AA") != annas || !strings.HasSuffix(paid[0].Fixed, "EUR") {
				t.Errorf("paid %q", paid)
			}
		})
	}
}

func TestANameIsNoNumberWhereTheProfileSaysSo(t *testing.T) {
	t.Parallel()
	peer := owing("0.0")
	s := system(t, "folio", serve(t, peer), nil)
	for text, want := range map[string]bool{"20001": true, "anna": false, "20001a": false, "a20001": false} {
		if _, ok, err := s.Card(t.Context(), number(t, text)); ok != want || err != nil {
			t.Errorf("%s: got %v, %v", text, ok, err)
		}
	}
	if n := len(peer.all(sip2.PatronInformation)); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestAWholeStatusIsABlock(t *testing.T) {
	t.Parallel()
	peer := &told{say: func(m sip2.Message) sip2.Message {
		a := sip2.PatronInformationReply{Patron: m.Get("AA"), Name: "Anna", ValidPatron: sip2.Yes, List: sip2.ChargedItems, Items: []string{book}}
		for i := range a.Status {
			a.Status[i] = true
		}
		if m.Code == sip2.ItemInformation {
			return sip2.ItemInformationReply{Item: m.Get("AB"), Due: due(librarytest.Today), Queue: -1}.Message()
		}
		return a.Message()
	}}
	_, err := system(t, "folio", serve(t, peer), nil).Renew(t.Context(), number(t, annas), book, librarytest.Today)
	if all := problem.Of(err); len(all) != 1 || all[0].Reason != circulation.ReasonCardBlocked {
		t.Errorf("got %v", err)
	}
}

func TestSomethingOwedThatCannotBeReadIsNotNothing(t *testing.T) {
	t.Parallel()
	for _, fields := range [][]sip2.Field{nil, {{ID: "AV", Value: "5.20 Overdue materials Het huis / Iemand"}}} {
		s := system(t, "evergreen", serve(t, owing("5.20", fields...)), nil)
		if fees, err := s.Fees(t.Context(), number(t, annas)); !problem.Has(err, circulation.ReasonSystemAway) {
			t.Errorf("got %+v, %v", fees, err)
		}
	}
	for _, owed := range []string{"", "0.00"} {
		s := system(t, "evergreen", serve(t, owing(owed)), nil)
		if fees, err := s.Fees(t.Context(), number(t, annas)); err != nil || len(fees) > 0 {
			t.Errorf("got %+v, %v", fees, err)
		}
	}
}

func TestASystemThatRemembersIsAskedWhatBecameOfAFee(t *testing.T) {
	t.Parallel()
	for why, want := range map[string]problem.Reason{
		"fee.settled": circulation.ReasonFeeSettled, "fee.not_found": circulation.ReasonFeeNotFound, "nonsense": circulation.ReasonFeeNotFound, "": "",
	} {
		peer := &told{say: func(m sip2.Message) sip2.Message {
			if m.Code == sip2.FeePaid {
				return sip2.FeePaidReply{Accepted: why == "", Patron: m.Get("AA"), Screen: []string{why}}.Message()
			}
			return sip2.PatronInformationReply{Patron: m.Get("AA"), Name: "Anna", ValidPatron: sip2.Yes, List: sip2.NoList}.Message()
		}}
		settle(t, system(t, "hoofdpas", serve(t, peer), nil), circulation.Settlement{Fee: "F1", Amount: 100}, want)
	}
}

// lending is a peer where the card has n loans, and pages are as the function says.
func lending(n int, page func(all []string, r sip2.PatronInformationRequest) []string, due string) *told {
	return &told{say: func(m sip2.Message) sip2.Message {
		if m.Code == sip2.ItemInformation {
			return sip2.ItemInformationReply{Item: m.Get("AB"), Title: "Boek", Due: due, Queue: -1}.Message()
		}
		r, err := sip2.ReadPatronInformation(m)
		if err != nil {
			return sip2.SendAgain()
		}
		a := sip2.PatronInformationReply{Patron: r.Patron.ID, Name: "Anna", ValidPatron: sip2.Yes, List: r.List, Counts: [6]int{-1, -1, -1, -1, -1, -1}}
		if r.List == sip2.ChargedItems {
			var all []string
			for i := range n {
				all = append(all, fmt.Sprint("39", i))
			}
			a.Items = page(all, r)
		}
		return a.Message()
	}}
}

func TestLoansComePageByPage(t *testing.T) {
	t.Parallel()
	exactly := func(all []string, r sip2.PatronInformationRequest) []string {
		from := min(max(r.First-1, 0), len(all))
		return all[from:min(r.Last, len(all))]
	}
	everything := func(all []string, _ sip2.PatronInformationRequest) []string { return all }
	for name, p := range map[string]func([]string, sip2.PatronInformationRequest) []string{
		"as asked": exactly, "one more": page, "everything": everything,
	} {
		for _, n := range []int{0, 1, 49, 50, 51, 52, 100, 120} {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				t.Parallel()
				s := system(t, "evergreen", serve(t, lending(n, p, "2026-11-28 23:59:59")), nil)
				loans, err := s.Loans(t.Context(), number(t, annas))
				if err != nil || len(loans) != n {
					t.Fatalf("got %d of %d loans, %v", len(loans), n, err)
				}
				for _, l := range loans {
					if l.DueOn != librarytest.Today.AddDays(3) {
						t.Fatalf("due on %s", l.DueOn)
					}
				}
			})
		}
	}
}

func TestAListWithoutEndEnds(t *testing.T) {
	t.Parallel()
	n := 0
	endless := func(_ []string, r sip2.PatronInformationRequest) (all []string) {
		for range r.Last - r.First + 1 {
			n++
			all = append(all, fmt.Sprint("39", n))
		}
		return all
	}
	s := system(t, "evergreen", serve(t, lending(1, endless, "")), nil)
	if _, err := s.Loans(t.Context(), number(t, annas)); !problem.Has(err, circulation.ReasonSystemAway) {
		t.Errorf("got %v", err)
	}
}

func TestReasonsWithTheirArguments(t *testing.T) {
	t.Parallel()
	peer := &told{say: func(m sip2.Message) sip2.Message {
		switch m.Code {
		case sip2.Renew:
			return sip2.RenewReply{Patron: m.Get("AA"), Item: m.Get("AB"), Screen: []string{
				"renew.too_often max=2", "renew.fees limit=10.00 x", "renew.card_expired on=2026-11-24", "renew.too_soon due=20261216",
				"renew.reserved", "renew.reserved",
			}}.Message()
		case sip2.ItemInformation:
			return sip2.ItemInformationReply{Item: m.Get("AB"), Due: due(librarytest.Today), Queue: -1}.Message()
		}
		return sip2.PatronInformationReply{Patron: m.Get("AA"), Name: "A", ValidPatron: sip2.Yes, List: sip2.ChargedItems, Items: []string{book}}.Message()
	}}
	_, err := system(t, "hoofdpas", serve(t, peer), nil).Renew(t.Context(), number(t, annas), book, librarytest.Today)
	got := map[problem.Reason]problem.Args{}
	for _, p := range problem.Of(err) {
		got[p.Reason] = p.Args
	}
	want := map[problem.Reason]problem.Args{
		circulation.ReasonTooOften: {"max": 2}, circulation.ReasonFees: {"limit": cents(1000)},
		circulation.ReasonCardExpired: {"on": day(t, "2026-11-24")}, circulation.ReasonTooSoon: nil, circulation.ReasonReserved: nil,
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(same[calendar.Date])); diff != "" {
		t.Error(diff)
	}
}
