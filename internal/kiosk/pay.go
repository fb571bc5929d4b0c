package kiosk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// feePaid books what a terminal has taken. No is said only when it is certain that
// nothing was booked: otherwise the terminal is asked to send it again.
func (s *session) feePaid(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadFeePaid(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	p, err := s.take(ctx, said)
	switch {
	case errors.Is(err, errSilent):
		return sip2.Message{}, err
	case err != nil:
		return s.refuse(request, err)
	}
	a := sip2.FeePaidReply{
		Accepted: true, Date: s.date(), Institution: s.o.Institution, Patron: said.Patron.ID, Transaction: said.Transaction,
	}
	a.Screen, a.Print = s.receipt(p)
	return a.Message(), nil
}

// take books a payment, or finds the one that the same transaction made before.
func (s *session) take(ctx context.Context, said sip2.FeePaidRequest) (p payment.Payment, err error) {
	amount, err := s.amount(said)
	if err != nil {
		return p, err
	}
	key := s.key(said.Transaction)
	if p, ok, err := s.before(ctx, key, said, amount); ok || err != nil {
		return p, err
	}
	if err := s.who(ctx, said.Patron); err != nil {
		return p, err
	}
	_, o, err := s.look(ctx, false)
	switch {
	case err != nil:
		return p, err
	case o.why != nil: // what an amount is for cannot be known
		return p, o.why
	}
	shares, err := allot(o, said.Fee, amount)
	if err == nil {
		p, err = s.o.Cashier.TakeAtTerminal(ctx, payment.Wish{
			Actor: mandate.Actor{Holder: s.visit.me.Holder}, Choices: choices(shares), Expected: amount, Key: key,
			Language: string(s.words().Lang), Till: payment.Till{Branch: s.terminal.Branch, Desk: s.terminal.Name},
		})
	}
	if err == nil {
		return p, nil
	}
	// The same message may have come twice at once, and the other have been first.
	if p, ok, err := s.before(ctx, key, said, amount); ok || err != nil {
		return p, err
	}
	if !certain(err) {
		err = fmt.Errorf("%w: %w", errSilent, err)
	}
	return p, err
}

// certain reports whether an error says that nothing was booked.
func certain(err error) bool {
	all := problem.Of(err)
	return len(all) > 0 && !slices.ContainsFunc(all, func(q *problem.Problem) bool {
		return q.Kind == problem.Unavailable && q.Reason != circulation.ReasonSystemAway
	})
}

// amount reads what was paid: plainly an amount, above zero, in our currency.
func (s *session) amount(said sip2.FeePaidRequest) (money.Cents, error) {
	cents, err := sip2.ParseAmount(said.Amount)
	switch {
	case strings.TrimSpace(said.Currency) != s.o.Currency:
		return 0, problem.New(problem.Invalid, ReasonCurrency, problem.Args{"currency": s.o.Currency})
	case err != nil || cents <= 0:
		return 0, problem.New(problem.Invalid, ReasonAmount, nil)
	}
	return money.Cents(cents), nil
}

// key names a transaction of this terminal in the payments; "" when it has no
// number. Nobody else can make it.
func (s *session) key(transaction string) string {
	if transaction == "" {
		return ""
	}
	h := hmac.New(sha256.New, []byte(s.terminal.Password))
	h.Write([]byte(s.terminal.Name + "\x00" + transaction))
	return "kiosk/" + hex.EncodeToString(h.Sum(nil)[:20])
}

// knownFor is how long a transaction may be sent again. A terminal that counts from
// 1 again must not have its coins taken for those of long ago.
const knownFor = 24 * time.Hour

// before finds the payment that this transaction made; ok is false when there is
// none. One of another content, or of long ago, is refused.
func (s *session) before(ctx context.Context, key string, said sip2.FeePaidRequest, amount money.Cents) (p payment.Payment, ok bool, err error) {
	if key == "" {
		return p, false, nil
	}
	p, ok, err = s.o.Cashier.TerminalPayment(ctx, key)
	switch {
	case err != nil:
		return p, false, fmt.Errorf("%w: %w", errSilent, err)
	case !ok:
		return p, false, nil
	case s.o.Now().Sub(p.StartedAt) > knownFor:
		return p, false, problem.New(problem.Conflict, ReasonOld, nil)
	}
	same := p.Total == amount && covers(p, said.Fee)
	if same {
		same, err = s.isPayer(ctx, p, said.Patron)
	}
	switch {
	case err != nil:
		return p, false, fmt.Errorf("%w: %w", errSilent, err)
	case !same:
		return p, false, problem.New(problem.Conflict, ReasonTransaction, nil)
	}
	return p, true, nil
}

// isPayer reports whether the payment was made with the card. Its number is enough:
// the payment stands, whether it is told or not. That it cannot be looked up now,
// as while a log-in is slowed down, is an error, and no reason to say no.
func (s *session) isPayer(ctx context.Context, p payment.Payment, asked sip2.Patron) (bool, error) {
	if number, ok := readCard(asked.ID); ok && number == p.Payer.Number {
		return true, nil
	}
	err := s.who(ctx, asked)
	switch problem.KindOf(err) {
	case problem.Refused, problem.NotFound, problem.Invalid, problem.Conflict:
		return false, nil
	case problem.TooMany, problem.Unavailable:
	}
	return err == nil && s.visit.me.Holder.ID == p.Payer.ID, err
}

// covers reports whether a payment is for what is named, a fee or a card.
func covers(p payment.Payment, named string) bool {
	return named == "" || !slices.ContainsFunc(p.Lines, func(l payment.Line) bool {
		id := cardID(l.Holder.ID)
		return named != id && (named != id+"."+string(l.Fee) || len(p.Lines) > 1)
	})
}

// receipt is what the screen and the printer say of a payment.
func (s *session) receipt(p payment.Payment) (shown, printed []string) {
	w := s.words()
	paid := w.T("kiosk.paid", "amount", p.Total, "receipt", p.Receipt.String())
	shown = append(shown, screen(paid))
	printed = append(printed, s.o.Library, w.T("kiosk.receipt", "number", p.Receipt.String()), w.Moment(p.StartedAt))
	for _, of := range byCard(p) {
		printed = append(printed, w.T("kiosk.paid_for", "name", firstName(of.Holder.Name), "amount", of.Amount))
	}
	printed = append(printed, w.T("kiosk.total", "amount", p.Total))
	for _, l := range p.Lines {
		if l.Of > 0 {
			part := w.T("kiosk.part", "name", firstName(l.Holder.Name), "rest", l.Of-l.Amount)
			shown, printed = append(shown, screen(part)), append(printed, part)
		}
	}
	for i, line := range printed {
		printed[i] = s.print(line)
	}
	return shown, printed
}

// print is a line as wide as the terminal's printer.
func (s *session) print(line string) string {
	const narrowest = 20
	if s.width < narrowest {
		return screen(line)
	}
	return shorten(plain(line), s.width)
}

// byCard adds up the lines of each card, the payer's first.
func byCard(p payment.Payment) (cards []payment.Line) {
	for _, l := range p.Lines {
		i := slices.IndexFunc(cards, func(c payment.Line) bool { return c.Holder.ID == l.Holder.ID })
		switch {
		case i >= 0:
			cards[i].Amount += l.Amount
		case l.Holder.ID == p.Payer.ID:
			cards = slices.Insert(cards, 0, l)
		default:
			cards = append(cards, l)
		}
	}
	return cards
}
