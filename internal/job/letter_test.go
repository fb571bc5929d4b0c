package job

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mail"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/text"
)

// box keeps what was posted, and fails when it is told to.
type box struct {
	fails error
	sent  chan mail.Message
}

func newBox(fails error) *box { return &box{fails: fails, sent: make(chan mail.Message, 10)} }

func (b *box) Send(_ context.Context, m mail.Message) error {
	if b.fails != nil {
		return b.fails
	}
	b.sent <- m
	return nil
}

// addressBook has one payment, and everybody's address.
type addressBook struct {
	made   payment.Payment
	emails map[string]string
	away   error
}

func (a addressBook) Receipt(_ context.Context, id payment.ID) (payment.Payment, error) {
	if id != a.made.ID {
		return payment.Payment{}, problem.New(problem.NotFound, payment.ReasonNotFound, nil)
	}
	return a.made, nil
}

func (a addressBook) Card(_ context.Context, n card.Number) (card.Card, bool, error) {
	email, ok := a.emails[n.Text()]
	return card.Card{Number: n, Email: email}, ok, a.away
}

func holder(t *testing.T, id card.ID, name string) card.Holder {
	t.Helper()
	n, err := card.ParseNumber(fmt.Sprintf("2000100000%04d", id))
	if err != nil {
		t.Fatal(err)
	}
	return card.Holder{ID: id, Number: n, Name: name}
}

var paidAt = time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC)

// together is a payment of a mother for herself and her son.
func together(t *testing.T) payment.Payment {
	t.Helper()
	marieke, sem := holder(t, 1, "Marieke de Vries"), holder(t, 2, "Sem de Vries")
	line := func(h card.Holder, kind circulation.FeeKind, about string, amount money.Cents) payment.Line {
		return payment.Line{Holder: h, Kind: kind, Description: about, Amount: amount, Fee: circulation.FeeID(about)}
	}
	return payment.Payment{
		ID: 7, Payer: marieke, Means: payment.Online, Provider: "bank", State: payment.Paid, Total: 350, Received: 350, EndedAt: paidAt,
		Receipt: payment.ReceiptNumber{Branch: payment.OnlineBranch, Year: 2026, No: 12},
		Lines: []payment.Line{
			line(marieke, circulation.Reservation, "Het smelt", 100), line(sem, circulation.Damage, "Kapot gemaakt\nBcc: x", 200),
			line(sem, circulation.Overdue, "", 50),
		},
	}
}

func lettersOf(t *testing.T, a addressBook, post Post) Letters {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := text.Load(zone)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse("https://mijn.bieb.test")
	if err != nil {
		t.Fatal(err)
	}
	return Letters{Post: post, Payments: a, Cards: a, Texts: texts, Library: "Bibliotheek De Proef", Base: base}
}

// write sends one letter to one holder and returns it.
func write(t *testing.T, made payment.Payment, kind payment.LetterKind, to card.ID) (mail.Message, bool) {
	t.Helper()
	b := newBox(nil)
	a := addressBook{made: made, emails: map[string]string{}}
	a.emails[made.Payer.Number.Text()] = "marieke@voorbeeld.test"
	for _, l := range made.Lines[1:] {
		a.emails[l.Holder.Number.Text()] = "sem@voorbeeld.test"
	}
	w := &writer{letters: lettersOf(t, a, b), now: func() time.Time { return paidAt }, first: time.Second}
	if err := w.Work(t.Context(), letterJob(kind, made.ID, to, paidAt)); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-b.sent:
		return m, true
	default:
		return mail.Message{}, false
	}
}

func letterJob(kind payment.LetterKind, id payment.ID, to card.ID, at time.Time) *river.Job[payment.LetterJob] {
	return &river.Job[payment.LetterJob]{
		JobRow: &rivertype.JobRow{ID: 99, CreatedAt: at}, Args: payment.LetterJob{Letter: kind, Payment: id, To: to},
	}
}

func TestAReceiptListsEveryCardForThePayer(t *testing.T) {
	t.Parallel()
	made := together(t)
	made.Language = "nl"
	m, _ := write(t, made, payment.LetterPaid, 1)
	want := mail.Message{
		To: "marieke@voorbeeld.test", Subject: "Je bon: €\u00a03,50 betaald", Language: "nl", ID: "paid-7-1-99",
		Text: `Dag Marieke de Vries,

Dank je wel. Je hebt € 3,50 betaald. Dit is je bon.

Marieke de Vries
- Het smelt (Reservering): € 1,00

Sem de Vries
- Kapot gemaakt Bcc: x (Schade): € 2,00
- Te laat: € 0,50

Samen: € 3,50

Betaling 7
Bon Online 2026-000012
Betaald op 24 november 2026, 12:00, online

Bekijk de betaling: https://mijn.bieb.test/betaling/7
Klopt er iets niet? Vraag het bij de balie.

Bibliotheek De Proef
`,
	}
	m.Text = strings.ReplaceAll(m.Text, "\u00a0", " ")
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
}

func TestAnotherHolderReadsOfTheirOwnCardOnly(t *testing.T) {
	t.Parallel()
	made := together(t)
	m, ok := write(t, made, payment.LetterPaid, 2)
	if !ok || m.To != "sem@voorbeeld.test" || strings.Contains(m.Text, "smelt") || strings.Contains(m.Text, "3,50") ||
		!strings.Contains(strings.ReplaceAll(m.Text, "\u00a0", " "), "Marieke de Vries heeft € 2,50 voor jou betaald.") {
		t.Errorf("got %+v", m)
	}
}

// lettersTell are payments as they stand when each letter is written.
func lettersTell(t *testing.T) map[payment.LetterKind]payment.Payment {
	t.Helper()
	all := map[payment.LetterKind]payment.Payment{payment.LetterPaid: together(t)}
	change := func(kind payment.LetterKind, f func(*payment.Payment, *payment.Line)) {
		made := together(t)
		f(&made, &made.Lines[1])
		all[kind] = made
	}
	unused := func(_ *payment.Payment, l *payment.Line) { l.Refused = true }
	change(payment.LetterLate, unused)
	change(payment.LetterUnwanted, unused)
	change(payment.LetterRefunded, func(_ *payment.Payment, l *payment.Line) { l.Returned = payment.ByRefund })
	change(payment.LetterChargeback, func(p *payment.Payment, l *payment.Line) {
		l.Returned = payment.ByChargeback
		p.Chargebacks = []payment.Chargeback{{Amount: 200, At: paidAt}}
	})
	return all
}

func TestEveryLetterIsWrittenInBothLanguages(t *testing.T) {
	t.Parallel()
	all := lettersTell(t)
	odd := together(t)
	odd.Chargebacks = []payment.Chargeback{{Amount: 5, At: paidAt}}
	desk := all[payment.LetterUnwanted]
	desk.Means = payment.Cash
	for _, lang := range text.Languages {
		for kind, made := range all {
			made.Language = string(lang)
			for _, to := range []card.ID{1, 2} {
				if to == 2 && (kind == payment.LetterLate || kind == payment.LetterUnwanted) {
					continue // only the payer is told
				}
				m, ok := write(t, made, kind, to)
				sound(t, fmt.Sprintf("%s %s to %d", lang, kind, to), m, ok)
			}
		}
		odd.Language, desk.Language = string(lang), string(lang)
		m, ok := write(t, odd, payment.LetterChargeback, 1)
		sound(t, string(lang)+" a chargeback that fits no fees", m, ok)
		m, ok = write(t, desk, payment.LetterUnwanted, 1)
		sound(t, string(lang)+" refused at the desk", m, ok)
	}
}

// A second refund is not the first once more.
func TestALetterTellsOfWhatItWasBookedFor(t *testing.T) {
	t.Parallel()
	made := together(t)
	made.Language = "nl"
	made.Lines[0].Returned, made.Lines[1].Returned = payment.ByRefund, payment.ByRefund
	b := newBox(nil)
	a := addressBook{made: made, emails: map[string]string{made.Payer.Number.Text(): "marieke@voorbeeld.test"}}
	w := &writer{letters: lettersOf(t, a, b), now: func() time.Time { return paidAt }, first: time.Second}
	job := letterJob(payment.LetterRefunded, made.ID, 1, paidAt)
	job.Args.Lines, job.Args.Amount = []int{1}, 190
	if err := w.Work(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	m := <-b.sent
	if said := strings.ReplaceAll(m.Subject+m.Text, "\u00a0", " "); !strings.Contains(said, "gaat € 1,90 terug") || strings.Contains(said, "smelt") {
		t.Errorf("got %s", said)
	}
}

func sound(t *testing.T, name string, m mail.Message, ok bool) {
	t.Helper()
	if !ok {
		t.Errorf("%s: not written", name)
	}
	for _, broken := range []string{"letter.", "member.", "<no value>", "{{", "%!"} {
		if strings.Contains(m.Subject+m.Text, broken) {
			t.Errorf("%s: holds %q:\n%s\n%s", name, broken, m.Subject, m.Text)
		}
	}
}

func TestWhatIsNoLongerSoIsNotTold(t *testing.T) {
	t.Parallel()
	made := together(t)
	made.Chargebacks = []payment.Chargeback{{Amount: 200, At: paidAt, RestoredAt: paidAt}}
	for _, kind := range []payment.LetterKind{payment.LetterChargeback, payment.LetterRefunded, payment.LetterLate, "another version's"} {
		if m, ok := write(t, made, kind, 1); ok {
			t.Errorf("%s: %+v", kind, m)
		}
	}
}

func TestALetterIsTriedForThreeDaysAndNamesNobody(t *testing.T) {
	t.Parallel()
	away := problem.Away(circulation.ReasonSystemAway, "ask the library", errors.New("no answer"))
	for _, c := range []struct {
		name        string
		age         time.Duration
		sending     error
		away        error
		emails      map[string]string
		snoozed, up bool // tried again, given up
		payment     payment.ID
	}{
		{name: "no address", emails: map[string]string{"20001000000001": ""}},
		{name: "no card any more", emails: map[string]string{}},
		{name: "the library system is away", away: away, snoozed: true},
		{name: "the mail server is away", sending: errors.New("no answer"), snoozed: true},
		{name: "for three days", sending: errors.New("no answer"), age: keepTrying + time.Minute, up: true},
		{name: "no such address", sending: fmt.Errorf("%w: code 550", mail.ErrRefused), up: true},
		{name: "another's payment", payment: 8, up: true},
	} {
		a := addressBook{made: together(t), emails: c.emails, away: c.away}
		if a.emails == nil {
			a.emails = map[string]string{a.made.Payer.Number.Text(): "marieke@voorbeeld.test"}
		}
		if c.payment == 0 {
			c.payment = a.made.ID
		}
		b := newBox(c.sending)
		w := &writer{letters: lettersOf(t, a, b), now: func() time.Time { return paidAt.Add(c.age) }, first: time.Second}
		err := w.Work(t.Context(), letterJob(payment.LetterPaid, c.payment, 1, paidAt))
		var snooze *rivertype.JobSnoozeError
		var cancel *rivertype.JobCancelError
		if errors.As(err, &snooze) != c.snoozed || errors.As(err, &cancel) != c.up || (err == nil) != (!c.snoozed && !c.up) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "marieke") || strings.Contains(err.Error(), "Vries") || strings.Contains(err.Error(), "2000100")) {
			t.Errorf("%s: names somebody: %v", c.name, err)
		}
		if len(b.sent) != 0 {
			t.Errorf("%s: sent", c.name)
		}
	}
}

func TestWithoutAMailServerNoLetterIsSentAndNothingFails(t *testing.T) {
	t.Parallel()
	w := &writer{letters: Letters{}, now: func() time.Time { return paidAt }}
	if err := w.Work(t.Context(), letterJob(payment.LetterPaid, 7, 1, paidAt)); err != nil {
		t.Error(err)
	}
}

func TestALetterIsSentForWhatWasBooked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b, log := newBox(nil), &journal{}
		p := paidWith(t, s, "a", func(h card.Holder) payment.Booking {
			return payment.Booking{Letters: []payment.LetterJob{{Letter: payment.LetterPaid, To: h.ID}}}
		})
		a := addressBook{made: p, emails: map[string]string{p.Payer.Number.Text(): "moeder@voorbeeld.test"}}
		o := options(s, till{}, log)
		o.Letters = lettersOf(t, a, b)
		stop := runWith(t, o)
		m := await(t, b.sent)
		stop()
		if m.To != "moeder@voorbeeld.test" || !strings.HasPrefix(m.ID, fmt.Sprintf("paid-%d-%d-", p.ID, p.Payer.ID)) || len(b.sent) != 0 {
			t.Errorf("sent %+v and %d more", m, len(b.sent))
		}
		for _, private := range []string{"29000000001234", "Vermeulen", "koning", "moeder@"} {
			if strings.Contains(log.String(), private) {
				t.Errorf("the log has %q: %s", private, log.String())
			}
		}
	})
}

// stuck is a mail server that does not answer.
type stuck struct{ asked, end chan bool }

func (s stuck) Send(context.Context, mail.Message) error {
	s.asked <- true
	<-s.end
	return errors.New("no answer")
}

func TestAMailServerThatDoesNotAnswerHoldsUpNoDelivery(t *testing.T) {
	t.Parallel()
	s := storetest.Any(t)
	const letters = 8
	first := paidWith(t, s, "a", func(h card.Holder) payment.Booking {
		return payment.Booking{Letters: slices.Repeat([]payment.LetterJob{{Letter: payment.LetterPaid, To: h.ID}}, letters)}
	})
	delivered := make(chan payment.ID, 1)
	o := options(s, till{deliver: func(_ context.Context, id payment.ID) error {
		delivered <- id
		return nil
	}}, &journal{})
	post := stuck{asked: make(chan bool, letters), end: make(chan bool)}
	o.Letters = lettersOf(t, addressBook{made: first, emails: map[string]string{first.Payer.Number.Text(): "a@b.test"}}, post)
	runWith(t, o)
	t.Cleanup(sync.OnceFunc(func() { close(post.end) })) // before the jobs are told to stop
	await(t, post.asked)
	if p := paid(t, s, "paid"); await(t, delivered) != p.ID {
		t.Error("another payment was delivered")
	}
}
