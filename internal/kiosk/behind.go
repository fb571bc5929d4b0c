package kiosk

import (
	"context"
	"slices"

	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
)

// others answers what is not served here.
func (s *session) others(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	if _, ok := sip2.AnswerTo(request.Code); ok && s.o.Behind != nil {
		return s.passOn(ctx, request)
	}
	return s.refuse(request, problem.New(problem.Refused, ReasonNotServed, nil))
}

// passOn asks the library's own SIP2 server, and answers what it answers. A card's
// password is checked here, and stays here: there it is another one.
func (s *session) passOn(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	if typed := request.Get("AD"); typed != "" {
		if err := s.who(ctx, sip2.Patron{ID: request.Get("AA"), Password: &typed}); err != nil {
			return s.refuse(request, err)
		}
	}
	asked := request
	asked.Fields = slices.DeleteFunc(slices.Clone(request.Fields), func(f sip2.Field) bool { return f.ID == "AD" })
	answer, err := s.o.Behind.Ask(ctx, asked)
	if err != nil {
		return s.refuse(request, problem.Away(ReasonBehindAway, "pass a message on", err))
	}
	return answer, nil
}
