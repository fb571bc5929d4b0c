package sip_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/sip"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/sip2/sip2test"
)

// recorded is a peer that says, byte for byte, what a real Koha said to the same
// request, in the order of the recording; the last answer is said again and again.
type recorded struct {
	mu      sync.Mutex
	answers map[string][][]byte
}

// key is what an answer depends on.
func key(m sip2.Message) string {
	list := ""
	if r, err := sip2.ReadPatronInformation(m); err == nil {
		list = r.List.Field()
	}
	return strings.Join([]string{m.Code, m.Get("AA"), m.Get("AB"), list, m.Get("AD"), m.Get("BV"), m.Get("BP")}, "/")
}

func recording(t *testing.T, files ...string) *sip2test.Peer {
	t.Helper()
	r := &recorded{answers: map[string][][]byte{}}
	for _, file := range files {
		for _, turn := range sip2test.Read(t, "../../sip2/testdata/koha/"+file) {
			f, err := sip2.Decode(trim(turn.Sent), sip2.Charset{})
			if err != nil || turn.Got == nil {
				continue
			}
			r.answers[key(f.Message)] = append(r.answers[key(f.Message)], turn.Got)
		}
	}
	return sip2test.Listen(t, func(c *sip2test.Conn) {
		for line, ok := c.Line(); ok; line, ok = c.Line() {
			f, err := sip2.Decode([]byte(line), sip2.Charset{})
			if err != nil {
				return
			}
			c.Say(r.say(f.Message))
		}
	})
}

func trim(raw []byte) []byte { return []byte(strings.TrimRight(string(raw), "\r\n")) }

// say finds the answer; for a request without a password any recorded one will do,
// since only CQ and AF differ. An item that was not recorded is due on 26 November.
func (r *recorded) say(m sip2.Message) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch m.Code {
	case sip2.LogIn:
		return "941\r\n"
	case sip2.SCStatus:
		return "98YYYYNN10000520261124    1244182.00AOCPL|BXYYYYYYYYYYYNYYYY|\r\n"
	}
	want := r.find(key(m))
	all := r.answers[want]
	switch {
	case len(all) > 1:
		r.answers[want] = all[1:]
		return string(all[0])
	case len(all) == 1:
		return string(all[0])
	case m.Code == sip2.ItemInformation:
		return "1804020120261124    124432AB" + m.Get("AB") + "|AJA title|AQCPL|BGCPL|AH20261126    235900|\r\n"
	}
	return "96\r"
}

// find is the recorded request that comes nearest: the same patron, item and
// amount, the same password if there is one, if possible the same list, and all of
// it.
func (r *recorded) find(want string) string {
	const list, password, first = 3, 4, 6
	if _, ok := r.answers[want]; ok {
		return want
	}
	parts := strings.Split(want, "/")
	best, most := "", -1
	for k := range r.answers {
		have := strings.Split(k, "/")
		score := 0
		if have[list] == parts[list] {
			score += 2
		}
		if have[first] == "" {
			score++
		}
		if parts[password] == "" || parts[0] != sip2.PatronInformation {
			have[password] = parts[password]
		}
		have[list], have[first] = parts[list], parts[first]
		if strings.Join(have, "/") == want && score > most {
			best, most = k, score
		}
	}
	return best
}

func kohaRecorded(t *testing.T, files ...string) *sip.System {
	t.Helper()
	return system(t, "koha", recording(t, files...).Dial, func(o *sip2.PoolOptions, _ *sip.Options) { o.Checksums = false })
}

func number(t testing.TB, text string) card.Number {
	t.Helper()
	n, err := card.ParseNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func day(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseISO(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func same[T comparable](a, b T) bool { return a == b }

func TestCardsOfARealKoha(t *testing.T) {
	t.Parallel()
	s := kohaRecorded(t, "sip-03-patron-information.txt")
	for text, want := range map[string]card.Card{
		"20001":    {Name: "Anna Lindqvist", BirthDate: day(t, "1984-03-11"), Email: "anna@example.test", Category: "PT"},
		"20007":    {Name: "Expired Okafor", BirthDate: day(t, "1990-06-15"), Email: "exp@example.test", Category: "PT", ExpiresOn: day(t, "2026-11-24")},
		"20008":    {Name: "Bea Barred", BirthDate: day(t, "1992-07-07"), Email: "bea@example.test", Category: "PT", Blocked: true},
		"00020011": {Name: `Åke "Ziggy" | Stardust Ångström`, BirthDate: day(t, "2015-01-01"), Category: "J"},
		"99999":    {},
	} {
		got, ok, err := s.Card(t.Context(), number(t, text))
		if err != nil || ok != (want.Name != "") {
			t.Errorf("%s: %v, %v", text, ok, err)
			continue
		}
		if ok {
			want.Number = number(t, text)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(same[card.Number]), cmp.Comparer(same[calendar.Date])); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestFirstPasswordsOfARealKoha(t *testing.T) {
	t.Parallel()
	s := kohaRecorded(t, "sip-03-patron-information.txt")
	for _, c := range []struct {
		number, password string
		want             bool
	}{{"20001", "anna1234", true}, {"20001", "wrong", false}, {"20001", "", false}, {"99999", "", false}} {
		got, err := s.CheckFirstPassword(t.Context(), number(t, c.number), c.password)
		if err != nil || got != c.want {
			t.Errorf("%s with %q: got %v, %v", c.number, c.password, got, err)
		}
	}
}

func TestLoansOfARealKoha(t *testing.T) {
	t.Parallel()
	s := kohaRecorded(t, "sip-03-patron-information.txt", "sip-04-item-information.txt")
	loans, err := s.Loans(t.Context(), number(t, "20001"))
	if err != nil || len(loans) != 6 {
		t.Fatalf("got %d loans, %v", len(loans), err)
	}
	byItem := map[string]circulation.Loan{}
	for _, l := range loans {
		byItem[l.Item] = l
	}
	for item, want := range map[string]circulation.Loan{
		"3999900000001":  {Title: "E Street shuffle :", DueOn: day(t, "2026-11-29")},
		"39999000002171": {Title: "Dàin do Eimhir =", DueOn: day(t, "2026-12-02")},
		"39999000000252": {Title: "X Power Tools", DueOn: day(t, "2026-11-27"), Reserved: true},
	} {
		want.ID, want.Item = circulation.LoanID(item), item
		if diff := cmp.Diff(want, byItem[item], cmp.Comparer(same[calendar.Date])); diff != "" {
			t.Errorf("%s: %s", item, diff)
		}
	}
}

func TestFeesOfARealKoha(t *testing.T) {
	t.Parallel()
	s := kohaRecorded(t, "sip-03-patron-information.txt")
	for text, want := range map[string]circulation.Fee{
		"20001": {Amount: 1434, Description: "API design for C++ / 2026-11-20 23:59; Replacement card; Damaged cover: “Émile”"},
		"20002": {Amount: 30, Description: "Photocopy"},
		"20003": {Amount: 2795, Description: "Four metaphysical poets : 2026-11-12 23:59; Lost item"},
	} {
		fees, err := s.Fees(t.Context(), number(t, text))
		if err != nil || len(fees) != 1 || fees[0].Amount != want.Amount || fees[0].Description != want.Description || fees[0].Item == "" {
			t.Errorf("%s: got %+v, %v", text, fees, err)
		}
	}
	for _, text := range []string{"99999", "00020011"} {
		if fees, err := s.Fees(t.Context(), number(t, text)); err != nil || len(fees) > 0 {
			t.Errorf("%s: got %+v, %v", text, fees, err)
		}
	}
}

// After somebody paid half a cent.
func TestASumOfARealKohaThatIsNotInCents(t *testing.T) {
	t.Parallel()
	s := kohaRecorded(t, "sip-07-fee-paid.txt")
	for n, want := range []string{"99.05", "98.05", "", ""} {
		fees, err := s.Fees(t.Context(), number(t, "20006"))
		switch {
		case want == "" && !problem.Has(err, circulation.ReasonSystemAway):
			t.Errorf("%d: got %+v, %v", n, fees, err)
		case want != "" && (err != nil || len(fees) != 1 || fees[0].Amount.String() != want):
			t.Errorf("%d: got %+v, %v", n, fees, err)
		}
	}
}

func TestRenewalsOfARealKoha(t *testing.T) {
	t.Parallel()
	s := kohaRecorded(t, "sip-03-patron-information.txt", "sip-05-renew.txt")
	due := day(t, "2026-11-26")
	for _, c := range []struct {
		number, item string
		want         problem.Reason
	}{
		{"20002", "39999000000290", ""},
		{"20002", "39999000000436", circulation.ReasonTooSoon},
		{"20002", "39999000000498", circulation.ReasonTooOften},
		{"20002", "39999000000511", circulation.ReasonNotAllowed},
		{"20002", "39999000000597", circulation.ReasonTooSoon},
		{"20002", "3999900000002", circulation.ReasonLoanNotFound}, // somebody else's
		{"20002", "NOPE", circulation.ReasonLoanNotFound},
		{"20001", "3999900000018", circulation.ReasonFees},
		{"20007", "39999000001310", circulation.ReasonCardExpired},
		{"20008", "39999000001334", circulation.ReasonCardBlocked},
		{"99999", "39999000001334", circulation.ReasonLoanNotFound},
	} {
		got, err := s.Renew(t.Context(), number(t, c.number), circulation.LoanID(c.item), due)
		if all := problem.Of(err); c.want != "" && (len(all) != 1 || all[0].Reason != c.want) {
			t.Errorf("%s, %s: got %v, want %s", c.number, c.item, err, c.want)
		}
		if c.want == "" && (err != nil || got.DueOn != day(t, "2026-12-17")) {
			t.Errorf("%s, %s: got %v, %v", c.number, c.item, got.DueOn, err)
		}
	}
	_, err := s.Renew(t.Context(), number(t, "20002"), "39999000000290", due.AddDays(1))
	if !problem.Has(err, circulation.ReasonChanged) {
		t.Errorf("got %v", err)
	}
}
