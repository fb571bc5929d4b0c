package job

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mail"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
)

// Letters is what letters to members are written and sent with.
type Letters struct {
	// Post sends them; nil sends none.
	Post Post
	// Payments has what they tell of, Cards the addresses.
	Payments Payments
	Cards    Cards
	Texts    *text.Texts
	// Library is the name under each, Base where members find the program.
	Library string
	Base    *url.URL
}

// Post sends a letter. mail.Post is one.
type Post interface {
	Send(ctx context.Context, m mail.Message) error
}

// Payments returns any payment. payment.Cashier is one.
type Payments interface {
	Receipt(ctx context.Context, id payment.ID) (payment.Payment, error)
}

// Cards knows where somebody reads mail. Every library system is one.
type Cards interface {
	Card(ctx context.Context, number card.Number) (c card.Card, ok bool, err error)
}

// keepTrying is how long a letter is tried that nobody takes; older news helps
// nobody, and the site tells it all the same.
const keepTrying = 3 * 24 * time.Hour

// writer tells holders by mail what became of their money.
type writer struct {
	river.WorkerDefaults[payment.LetterJob]
	letters Letters
	now     func() time.Time
	first   time.Duration
}

// Work implements river.Worker. A run sends one letter at most; one that is sent
// again after a crash has the same Message-ID.
func (w *writer) Work(ctx context.Context, job *river.Job[payment.LetterJob]) error {
	if w.letters.Post == nil {
		return nil
	}
	err := w.send(ctx, job.Args, job.ID)
	age := w.now().Sub(job.CreatedAt)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, mail.ErrRefused), problem.Has(err, payment.ReasonNotFound):
		return river.JobCancel(err) //nolint:wrapcheck // the runner's own
	case age > keepTrying:
		return river.JobCancel(fmt.Errorf("given up after %s: %w", keepTrying, err)) //nolint:wrapcheck // the runner's own
	}
	return later{err, river.JobSnooze(pause(w.first, age))}
}

func (w *writer) send(ctx context.Context, j payment.LetterJob, run int64) error {
	made, err := w.letters.Payments.Receipt(ctx, j.Payment)
	if err != nil {
		return fmt.Errorf("read a payment for a letter: %w", err)
	}
	to, ok := receiver(made, j.To)
	if !ok {
		return problem.New(problem.NotFound, payment.ReasonNotFound, nil)
	}
	known, ok, err := w.letters.Cards.Card(ctx, to.Number)
	if err != nil {
		return fmt.Errorf("look up an address: %w", err)
	}
	if !ok || known.Email == "" {
		return nil // nowhere to write to
	}
	l := letter{t: w.letters.Texts.In(text.Language(made.Language)), kind: j.Letter, made: made, to: to, lines: j.Lines, amount: j.Amount}
	subject, words, ok := l.write(w.letters.Library, w.letters.Base)
	if !ok {
		return nil // what it would tell is no longer so
	}
	return w.letters.Post.Send(ctx, mail.Message{ //nolint:wrapcheck // the room says what it was doing, and names nobody
		To: known.Email, Subject: subject, Text: words, Language: string(l.t.Lang),
		ID: fmt.Sprintf("%s-%d-%d-%d", j.Letter, j.Payment, j.To, run),
	})
}

// receiver is the payer or another holder whose fees were in the payment.
func receiver(made payment.Payment, id card.ID) (card.Holder, bool) {
	if made.Payer.ID == id {
		return made.Payer, true
	}
	i := slices.IndexFunc(made.Lines, func(l payment.Line) bool { return l.Holder.ID == id })
	if i < 0 {
		return card.Holder{}, false
	}
	return made.Lines[i].Holder, true
}
