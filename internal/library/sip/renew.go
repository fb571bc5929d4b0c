package sip

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// Renew renews one loan that is due on due. The system is asked first whether it
// is this card's and due then. When the answer to the renewal is lost, the date
// tells whether it was renewed; when it does not, that is ReasonUnsure.
func (s *System) Renew(
	ctx context.Context, number card.Number, loan circulation.LoanID, due calendar.Date,
) (circulation.Loan, error) {
	codes, sh, err := s.barcodes(ctx, number)
	switch {
	case err != nil:
		return circulation.Loan{}, fmt.Errorf("renew: %w", err)
	case !sh.found || !slices.Contains(codes, string(loan)):
		return circulation.Loan{}, problem.New(problem.NotFound, circulation.ReasonLoanNotFound, nil)
	}
	before, err := s.item(ctx, number, string(loan))
	switch {
	case err != nil:
		return circulation.Loan{}, fmt.Errorf("renew: %w", err)
	case before.DueOn != due:
		return circulation.Loan{}, problem.New(problem.Conflict, circulation.ReasonChanged, nil)
	}
	if err := s.refused(sh).Or(); err != nil {
		return circulation.Loan{}, err
	}
	answer, err := s.o.Pool.Ask(ctx, sip2.RenewRequest{
		Date: s.date(), Patron: s.patron(number), Item: string(loan), FeeAcknowledged: sip2.No,
	}.Message())
	switch {
	case errors.Is(err, sip2.ErrUnanswered):
		return s.afterLost(ctx, number, before, err)
	case err != nil:
		return circulation.Loan{}, away("renew", err)
	}
	said, err := sip2.ReadRenewReply(answer)
	if err != nil {
		return circulation.Loan{}, away("read the answer to a renewal", err)
	}
	if !said.OK {
		return circulation.Loan{}, s.renewalRefused(ctx, number, said)
	}
	return s.renewed(ctx, number, before, said)
}

// renewed is the loan after a renewal. The system told its new date, or is asked.
func (s *System) renewed(
	ctx context.Context, number card.Number, before circulation.Loan, said sip2.RenewReply,
) (circulation.Loan, error) {
	after := before
	if due, ok := s.day(said.Due, s.o.Profile.Loans.Due); ok {
		after.DueOn = due
		if s.o.Profile.Loans.Renewals != "" {
			after.Renewals++
		}
		return after, nil
	}
	read, err := s.item(ctx, number, before.Item)
	if err != nil || read.DueOn.IsZero() {
		s.log(ctx, "renewed, to a date that is not told", number, "error", err)
		return circulation.Loan{}, unsure(err)
	}
	return read, nil
}

// afterLost reads the state after the answer to a renewal was lost. A date that
// has changed tells that it was renewed; one that has not tells nothing: the
// system may still be at it.
func (s *System) afterLost(
	ctx context.Context, number card.Number, before circulation.Loan, lost error,
) (circulation.Loan, error) {
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), recoverFor)
	defer cancel()
	after, err := s.item(reading, number, before.Item)
	if err == nil && !after.DueOn.IsZero() && after.DueOn != before.DueOn {
		return after, nil
	}
	return circulation.Loan{}, unsure(errors.Join(lost, err))
}

func unsure(err error) error {
	return problem.New(problem.Unavailable, circulation.ReasonUnsure, nil).Because(err)
}

// renewalRefused turns a refusal into reasons.
func (s *System) renewalRefused(ctx context.Context, number card.Number, said sip2.RenewReply) error {
	list := s.reasonsIn(said.Screen)
	if len(list) == 0 {
		s.log(ctx, "a renewal refused for a reason that the profile does not have", number)
		list = problem.List{problem.New(problem.Refused, circulation.ReasonNotAllowed, nil)}
	}
	return list
}
