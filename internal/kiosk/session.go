package kiosk

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"

	"hoofdpas/internal/account"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/text"
)

// session is one connection of a terminal.
type session struct {
	*Kiosk
	from     string    // the network address it counts under
	terminal *Terminal // nil until it has logged in
	visit    visit
	language text.Language // as the visit asked for
	width    int           // of the printer, in characters; 0 is unknown
}

// errSilent says that a request is not answered: the terminal is asked to send it
// again.
var errSilent = errors.New("kiosk: not answered")

// Serve answers a request and writes its one line into the log.
func (s *session) Serve(ctx context.Context, request sip2.Message) (answer sip2.Message, stay bool) {
	began := s.o.Now()
	ctx, ended := s.o.Watch(ctx, request.Code)
	answer, err := s.answer(ctx, request)
	ended(err)
	stay = s.terminal != nil
	if answer.Code == "" {
		answer = sip2.SendAgain()
	}
	s.log(ctx, request, err, s.o.Now().Sub(began).Milliseconds())
	return answer, stay
}

func (s *session) log(ctx context.Context, request sip2.Message, err error, ms int64) {
	line := []any{"code", request}
	if s.terminal == nil {
		line = append(line, "from", s.from)
	} else {
		line = append(line, "terminal", s.terminal.Name)
	}
	line = append(line, "outcome", outcome(err), "ms", ms)
	if !s.visit.me.Holder.IsZero() {
		line = append(line, "card", s.visit.me.Holder)
	}
	if err == nil || problem.KindOf(err) != "" && problem.KindOf(err) != problem.Unavailable {
		s.o.Log.InfoContext(ctx, "kiosk: answered", line...)
		return
	}
	s.o.Log.WarnContext(ctx, "kiosk: could not be answered", append(line, "error", err)...)
}

// outcome is how an answer ended, as a word: ok, a reason, or broken.
func outcome(err error) string {
	for _, q := range problem.Of(err) {
		return string(q.Reason)
	}
	if err != nil {
		return "broken"
	}
	return "ok"
}

// answer answers a request. The error is why the answer is no, or why there is
// none.
func (s *session) answer(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	if request.Code == sip2.LogIn {
		return s.logIn(ctx, request)
	}
	if s.terminal == nil {
		return sip2.Message{}, fmt.Errorf("%w: not logged in", errSilent)
	}
	serve, allowed := s.served(request.Code)
	switch {
	case serve == nil:
		return s.others(ctx, request)
	case !allowed:
		return s.refuse(request, problem.New(problem.Refused, ReasonRight, nil))
	}
	return serve(ctx, request)
}

// served is what answers a request, and whether this terminal may ask it.
func (s *session) served(code string) (serve func(context.Context, sip2.Message) (sip2.Message, error), allowed bool) {
	switch code {
	case sip2.SCStatus:
		return s.status, true
	case sip2.EndSession:
		return s.endSession, true
	case sip2.PatronStatus:
		return s.patronStatus, s.terminal.Read
	case sip2.PatronInformation:
		return s.patronInformation, s.terminal.Read
	case sip2.ItemInformation:
		return s.itemInformation, s.terminal.Read || s.o.Behind != nil
	case sip2.Renew:
		return s.renew, s.terminal.Renew
	case sip2.RenewAll:
		return s.renewAll, s.terminal.Renew
	case sip2.FeePaid:
		return s.feePaid, s.terminal.Pay
	}
	return nil, false
}

// logIn lets a terminal in. Who guesses is slowed down, whatever the user.
func (s *session) logIn(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	s.terminal, s.visit = nil, visit{}
	no := sip2.LogInReply{}.Message()
	said, err := sip2.ReadLogIn(request)
	if err != nil {
		return no, err //nolint:wrapcheck // says it
	}
	key := "kiosk/login/" + s.from
	wait, err := s.o.Slower.Attempt(ctx, key)
	if err != nil {
		return no, fmt.Errorf("count a log-in of a terminal: %w", err)
	}
	if wait > 0 {
		return no, problem.New(problem.TooMany, account.ReasonSlow, problem.Args{"wait": wait})
	}
	s.terminal = s.find(said.User, said.Password)
	if s.terminal == nil {
		return no, problem.New(problem.Refused, account.ReasonWrong, nil)
	}
	if err := s.o.Slower.Excuse(ctx, key); err != nil {
		s.o.Log.WarnContext(ctx, "kiosk: a log-in could not be taken back", "error", err)
	}
	return sip2.LogInReply{OK: true}.Message(), nil
}

// find returns the terminal with the user and the password, after the same work
// whatever they are.
func (k *Kiosk) find(user, password string) (found *Terminal) {
	for i := range k.o.Terminals {
		t := &k.o.Terminals[i]
		if same(user, t.User)&same(password, t.Password) == 1 && t.User != "" && t.Password != "" {
			found = t
		}
	}
	return found
}

// same is 1 for equal texts, in a time that tells nothing of where they differ, nor
// how long they are.
func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

func (s *session) endSession(_ context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadEndSession(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	s.visit, s.language = visit{}, ""
	return sip2.EndSessionReply{Ended: true, Date: s.date(), Institution: s.o.Institution, Patron: said.Patron.ID}.Message(), nil
}
