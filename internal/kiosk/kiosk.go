// Package kiosk answers payment kiosks and self-check machines in the library over
// SIP2. A terminal knows one card, the one in somebody's hand; where it is told so,
// it also shows and takes what that card's holder may pay for other cards, and
// renews what they may renew, by the mandates of that very moment (S18, S19, S20).
//
//	93        the terminal logs in; before that nothing is answered
//	99, 97    what it may ask, and the last answer again
//	23, 63    a card, with its loans, what is late and what is owed, in pages
//	17        an item, as long as it was seen on a card of this visit
//	29, 65    a renewal, of one item and of all
//	37        fees that were paid at the terminal
//	35        the visit is over
//
// Everything else is answered as by a system that does not do that, or passed on
// to the library's own SIP2 server.
//
// It refuses to tell anything of a card whose password is wrong, to book an amount
// that is not plainly one or more than is owed, and to book one transaction (BK)
// twice.
package kiosk

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"sync"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/text"
	"hoofdpas/internal/throttle"
)

// Reasons of this room: why a terminal is told no.
const (
	ReasonRight       problem.Reason = "kiosk.right"       // this terminal may not do that
	ReasonNotServed   problem.Reason = "kiosk.not_served"  // no terminal can do that here
	ReasonBehindAway  problem.Reason = "kiosk.behind_away" // the library's own SIP2 server does not answer
	ReasonPIN         problem.Reason = "kiosk.pin"         // the password has to be typed
	ReasonMustChoose  problem.Reason = "kiosk.must_choose" // the first password: choose an own one; argument address
	ReasonAmount      problem.Reason = "kiosk.amount"      // not an amount that can be paid
	ReasonCurrency    problem.Reason = "kiosk.currency"    // not the library's currency
	ReasonTooMuch     problem.Reason = "kiosk.too_much"    // more than is owed; argument owed
	ReasonHeld        problem.Reason = "kiosk.held"        // of what is owed a part is being paid elsewhere; argument held
	ReasonTransaction problem.Reason = "kiosk.transaction" // the transaction was another payment
	ReasonOld         problem.Reason = "kiosk.old"         // the transaction is of more than a day ago
)

// Terminal is one kiosk or self-check machine.
type Terminal struct {
	// Name is what the library calls it; it stands on receipts and in the ledger.
	Name string
	// User and Password let it in (93).
	User, Password string
	// Branch is where it stands.
	Branch string
	// Read, Renew and Pay are what it may do.
	Read, Renew, Pay bool
	// Household also reaches the cards that a card's holder has mandates for.
	Household bool
	// PIN asks for the card's password. Without it the card in hand opens that card,
	// and no other.
	PIN bool
}

// String is the name alone.
func (t Terminal) String() string { return t.Name }

// LogValue is the name alone.
func (t Terminal) LogValue() slog.Value { return slog.StringValue(t.Name) }

// Options are what a Kiosk stands in front of, and for whom.
type Options struct {
	Terminals []Terminal
	Porter    *account.Porter
	Book      *mandate.Book
	Viewer    *household.Viewer
	Office    *circulation.Office
	Cashier   *payment.Cashier
	Slower    account.Slower
	Texts     *text.Texts
	// Language is "nl" or "en", for a terminal that does not say.
	Language string
	// Behind is the library's own SIP2 server, for what is not served here; nil when
	// nothing is passed on.
	Behind *sip2.Pool
	// Institution is AO in answers, Library the library's name, Currency that of
	// fees (EUR), Address where members find the site.
	Institution, Library, Currency, Address string
	Charset                                 sip2.Charset
	// CRLF ends our lines in CRLF; otherwise they end in CR.
	CRLF bool
	// Connections is how many terminals there are at most on each listener,
	// PerAddress how many of them come from one address.
	Connections, PerAddress int
	// Zone is that of dates, which carry none.
	Zone *time.Location
	Now  func() time.Time
	Log  *slog.Logger
	// Watch, when there is one, is told that an answer begins, and how it ended.
	Watch func(ctx context.Context, operation string) (context.Context, func(error))
}

// Kiosk answers terminals.
type Kiosk struct {
	o       Options
	secret  []byte // for what is kept of a password during a visit
	repeats repeats
}

// New makes a Kiosk.
func New(o Options) *Kiosk {
	if o.Watch == nil {
		o.Watch = func(ctx context.Context, _ string) (context.Context, func(error)) { return ctx, func(error) {} }
	}
	return &Kiosk{o: o, secret: []byte(rand.Text()), repeats: repeats{last: map[string]repeat{}}}
}

// logInWithin is how long a terminal may take until it has logged in.
const logInWithin = 30 * time.Second

// Serve answers the terminals that a listener brings, until the context ends.
func (k *Kiosk) Serve(ctx context.Context, l net.Listener) error {
	server := &sip2.Server{
		Open: func(_ context.Context, remote net.Addr) sip2.Session {
			return &session{Kiosk: k, from: throttle.Network(remote.String())}
		},
		Charset: k.o.Charset, CRLF: k.o.CRLF, Connections: k.o.Connections, PerAddress: k.o.PerAddress,
		LogIn: logInWithin, Log: k.o.Log,
	}
	return server.Serve(ctx, l) //nolint:wrapcheck // says what it was doing
}

// SlowingRules are the rules for what this room lets be tried, by the part of the
// key up to its last slash.
func SlowingRules() map[string]throttle.Rule {
	return map[string]throttle.Rule{
		// Terminals of a branch share an address, and all log in at once after a power
		// cut: that takes none of what is free for long.
		"kiosk/login/": {Free: 100, First: 2 * time.Second, Longest: 30 * time.Second, Forget: time.Hour},
	}
}

func (k *Kiosk) date() string { return sip2.Stamp(k.o.Now().In(k.o.Zone)) }

// repeats keeps the last renewal of each terminal and its answer: a terminal that
// lost its connection asks again, and is not to renew twice.
type repeats struct {
	mu   sync.Mutex
	last map[string]repeat // by the terminal's name
}

type repeat struct {
	request [32]byte
	answer  sip2.Message
	at      time.Time
}
