// Package acs answers SIP2 for a library system: it is what a terminal, or another
// program, takes for the library (an automated circulation system, ACS). Whatever
// is a circulation.LibrarySystem can stand behind it.
//
//	23, 63  card, with its loans, what is late and its fees, in pages by BP and BQ
//	17      item, as long as it is on loan
//	29, 65  a renewal, of one and of all
//	37      fees that were paid, each by CG or all of them at once
//	93, 99, 35 and 97 as the standard has them
//
// What the standard has no field for comes in fields of its own, which the SIP2
// profile "hoofdpas" reads: on cards PB, PC, PA and AQ, on items EA, EM, EL and EN,
// and a fee as CG, FA, FB, FC, FD and FF. Reasons are told in AF by their codes, as
// in "renew.too_often max=2".
//
// It refuses whoever does not log in, when there is a user, and tells nothing of a
// card whose password was given and is wrong. It lends nothing out and takes
// nothing in: such messages are answered 96.
package acs

import (
	"context"
	"crypto/subtle"
	"log/slog"
	"net"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/sip2"
)

// Options are what a Server stands in front of, and for whom.
type Options struct {
	System    circulation.LibrarySystem
	Cards     account.Cards
	Passwords account.FirstPasswords
	// User and Password let a terminal in; without a user everybody is let in.
	User, Password string
	// TerminalPassword is AC, when terminals have to send one.
	TerminalPassword string
	// Institution is AO in answers, Library the library's name, Currency that of
	// fees (EUR).
	Institution, Library, Currency string
	Charset                        sip2.Charset
	CRLF                           bool
	// Zone is that of dates, which carry none.
	Zone *time.Location
	Now  func() time.Time
	Log  *slog.Logger
}

// Server answers terminals. It keeps nothing but which card an item was last seen
// on.
type Server struct {
	o    Options
	seen *seen
}

// New makes a server.
func New(o Options) *Server {
	return &Server{o: o, seen: newSeen()}
}

// Serve answers terminals until the context ends.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &sip2.Server{
		Open:    func(context.Context, net.Addr) sip2.Session { return &session{Server: s, in: s.o.User == ""} },
		Charset: s.o.Charset, CRLF: s.o.CRLF, Log: s.o.Log,
	}
	return server.Serve(ctx, l) //nolint:wrapcheck // says what it was doing
}

// session is one terminal.
type session struct {
	*Server
	in bool // it has logged in
}

// Serve answers a request.
func (s *session) Serve(ctx context.Context, request sip2.Message) (answer sip2.Message, stay bool) {
	if request.Code == sip2.LogIn {
		return s.logIn(ctx, request)
	}
	if !s.in {
		return sip2.SendAgain(), false
	}
	answer, err := s.answer(ctx, request)
	if err != nil {
		s.o.Log.WarnContext(ctx, "acs: a request that cannot be answered", "request", request, "error", err)
		return sip2.SendAgain(), true
	}
	s.o.Log.DebugContext(ctx, "acs: answered", "request", request, "answer", answer)
	return answer, true
}

// answer answers whoever is let in. An error is what cannot be said in SIP2: the
// library system is away, or the request cannot be read.
func (s *session) answer(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	switch request.Code {
	case sip2.SCStatus:
		return s.status(), nil
	case sip2.PatronStatus:
		return s.patronStatus(ctx, request)
	case sip2.PatronInformation:
		return s.patronInformation(ctx, request)
	case sip2.ItemInformation:
		return s.itemInformation(ctx, request)
	case sip2.Renew:
		return s.renew(ctx, request)
	case sip2.RenewAll:
		return s.renewAll(ctx, request)
	case sip2.FeePaid:
		return s.feePaid(ctx, request)
	case sip2.EndSession:
		return s.endSession(request)
	}
	return sip2.SendAgain(), nil
}

func (s *session) logIn(ctx context.Context, request sip2.Message) (answer sip2.Message, stay bool) {
	said, err := sip2.ReadLogIn(request)
	right := s.o.User == "" || err == nil && same(said.User, s.o.User) && same(said.Password, s.o.Password)
	if !right {
		s.o.Log.WarnContext(ctx, "acs: a terminal was not let in", "location", said.Location)
	}
	s.in = right
	return sip2.LogInReply{OK: right}.Message(), right
}

// same compares secrets in a time that tells nothing of where they differ.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (s *session) status() sip2.Message {
	const tenths, retries = 100, 3
	return sip2.ACSStatusReply{
		Online: true, Renewal: true, Timeout: tenths, Retries: retries, Date: s.date(),
		Institution: s.o.Institution, Library: s.o.Library,
		Supported: "YNNNYYYYYYYNNNYY",
	}.Message()
}

func (s *session) endSession(request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadEndSession(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	return sip2.EndSessionReply{Ended: true, Date: s.date(), Institution: s.o.Institution, Patron: said.Patron.ID}.Message(), nil
}

func (s *Server) date() string { return sip2.Stamp(s.o.Now().In(s.o.Zone)) }
