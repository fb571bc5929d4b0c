package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/throttle"
)

// Porter lets members in (portier): the use cases of a card's own account.
type Porter struct {
	Store  Store
	Cards  Cards
	First  FirstPasswords
	Hasher Hasher
	Slower Slower
	Now    func() time.Time
	Log    *slog.Logger
	// Tried, when there is one, is told how each attempt to log in ended.
	Tried func(error)
}

// Slower slows down repeated attempts. Attempt counts one for every key and
// returns how long to wait when it comes too soon for any of them: then nothing
// is counted. Excuse takes one back; Succeeded forgets a key.
type Slower interface {
	Attempt(ctx context.Context, keys ...string) (wait time.Duration, err error)
	Excuse(ctx context.Context, keys ...string) error
	Succeeded(ctx context.Context, keys ...string) error
}

// SlowingRules are the rules for what this room lets be tried, by the part of
// the key up to its last slash.
func SlowingRules() map[string]throttle.Rule {
	return map[string]throttle.Rule{
		// One stranger at one card: five guesses, then slower and slower.
		"login/pair/": {Free: 5, First: 10 * time.Second, Longest: 15 * time.Minute, Forget: time.Hour},
		// Many strangers at one card. Bounded low: its owner waits too, on a
		// device that has not logged in before.
		"login/card/": {Free: 20, First: 5 * time.Second, Longest: time.Minute, Forget: time.Hour},
		// One stranger at many cards, counted for each hour by itself: a library's
		// own computers share one address, on which somebody mistypes all day
		// long. Bounded low, since all who sit there wait too.
		"login/address/": {Free: 100, First: 2 * time.Second, Longest: 30 * time.Second, Forget: time.Hour},
		// The owner's device: strangers do not count here.
		"login/device/":  {Free: 10, First: 10 * time.Second, Longest: 15 * time.Minute, Forget: time.Hour},
		"staff/address/": {Free: 30, First: 5 * time.Second, Longest: time.Minute, Forget: time.Hour},
		"staff/pair/":    {Free: 5, First: 10 * time.Second, Longest: 15 * time.Minute, Forget: time.Hour},
		"staff/user/":    {Free: 20, First: 5 * time.Second, Longest: time.Minute, Forget: time.Hour},
	}
}

// Attempt is one filled-in log-in form.
type Attempt struct {
	// Login is a card number or a user name (S1, S2).
	Login, Password string
	// Address is the network address it came from, or throttle.Terminal and the name of
	// the terminal in the library.
	Address string
	// Device is the secret that this device was given when it logged in
	// before, "" for none.
	Device string
}

// Entrance is what a right log-in gives.
type Entrance struct {
	Identity Identity
	// Device is a new secret for the device to keep, "" when its old one
	// stands.
	Device string
}

// SignIn lets a member in by number or user name (S1, S2). A wrong number, a
// wrong name and a wrong password are all ReasonWrong, after the same work:
// exactly one password hash. Other problems: ReasonLoginEmpty,
// ReasonPasswordEmpty, ReasonSlow, and the library system being away for a card
// that has no password here.
func (p *Porter) SignIn(ctx context.Context, a Attempt) (Entrance, error) {
	me, ours, err := p.prove(ctx, a)
	if err != nil {
		return Entrance{}, err
	}
	e := Entrance{Identity: me}
	if !ours {
		e.Device, err = p.rememberDevice(ctx, me.Holder.ID, a.Device)
	}
	return e, err
}

// Prove is SignIn for who does not stay: a terminal in the library, an app. It
// takes the same steps, has the same problems, and remembers no device.
func (p *Porter) Prove(ctx context.Context, a Attempt) (Identity, error) {
	me, _, err := p.prove(ctx, a)
	return me, err
}

// prove checks an attempt. ours tells that its device was known for the card.
func (p *Porter) prove(ctx context.Context, a Attempt) (me Identity, ours bool, err error) {
	if p.Tried != nil {
		defer func() { p.Tried(err) }()
	}
	if err := a.check(); err != nil {
		return Identity{}, false, err
	}
	found, known, err := p.find(ctx, a.Login)
	if err != nil {
		return Identity{}, false, err
	}
	keys, ours, err := p.keys(ctx, a, found, known)
	if err != nil {
		return Identity{}, false, err
	}
	if err := slow(ctx, p.Slower, keys); err != nil {
		return Identity{}, false, err
	}
	right, first, err := p.matches(ctx, a, found, known)
	if err != nil {
		p.excuse(ctx, keys)
		return Identity{}, false, err
	}
	if !right {
		return Identity{}, false, problem.New(problem.Refused, ReasonWrong, nil)
	}
	p.excuse(ctx, keys)
	if found, err = p.know(ctx, a, found, known); err != nil {
		return Identity{}, false, err
	}
	return Identity{Holder: found.Holder, Epoch: found.Epoch, MustChoose: first}, ours, nil
}

func (a Attempt) check() error {
	var unmet problem.List
	if strings.TrimSpace(a.Login) == "" {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonLoginEmpty, nil).At("login"))
	}
	if a.Password == "" {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonPasswordEmpty, nil).At("password"))
	}
	return unmet.Or()
}

// find looks the typed name up among the cards we know, numbers first: a user
// name can never stand in for somebody's number.
func (p *Porter) find(ctx context.Context, login string) (Account, bool, error) {
	if number, err := card.ReadNumber(login); err == nil {
		a, ok, err := p.Store.AccountByNumber(ctx, number)
		if err != nil {
			return Account{}, false, fmt.Errorf("find a card: %w", err)
		}
		if ok {
			return a, !a.Closed, nil
		}
	}
	a, ok, err := p.Store.AccountByUserName(ctx, card.NameKey(strings.TrimSpace(login)))
	if err != nil {
		return Account{}, false, fmt.Errorf("find a user name: %w", err)
	}
	return a, ok && !a.Closed, nil
}

// keys are what the attempt counts under. ours tells that the device has logged
// in to this card before: then strangers who guess at the card do not slow it
// down.
func (p *Porter) keys(ctx context.Context, a Attempt, found Account, known bool) (keys []string, ours bool, err error) {
	if known && a.Device != "" {
		ours, err = p.Store.KnowsDevice(ctx, found.Holder.ID, digest(a.Device))
		if err != nil {
			return nil, false, fmt.Errorf("look for a known device: %w", err)
		}
		if ours {
			return []string{fmt.Sprintf("login/device/%d@%s", int64(found.Holder.ID), digest(a.Device))}, true, nil
		}
	}
	who := "typed-" + digest(card.NameKey(strings.Join(strings.Fields(a.Login), "")))
	if known {
		who = fmt.Sprint(int64(found.Holder.ID))
	}
	network := throttle.Network(a.Address)
	hour := p.Now().UTC().Format("2006-01-02T15")
	return []string{
		"login/pair/" + who + "@" + network, "login/card/" + who, "login/address/" + network + "/" + hour,
	}, false, nil
}

// digest keeps a secret or a typed name out of the store in a form that can be
// read.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func slow(ctx context.Context, s Slower, keys []string) error {
	wait, err := s.Attempt(ctx, keys...)
	if err != nil {
		return fmt.Errorf("count an attempt: %w", err)
	}
	if wait > 0 {
		return problem.New(problem.TooMany, ReasonSlow, problem.Args{"wait": wait})
	}
	return nil
}

// excuse takes back what was counted: the attempt was right, or nobody's fault.
// A count that stays is a small thing and no reason to keep somebody out.
func (p *Porter) excuse(ctx context.Context, keys []string) {
	if err := p.Slower.Excuse(ctx, keys...); err != nil {
		p.Log.WarnContext(ctx, "an attempt to log in could not be taken back", "error", err)
	}
}

// matches compares the password with the one that counts: the own one, else
// the one that our desk handed out, else the library system's. Each way costs
// exactly one hash. first tells that an own one must be chosen (S3).
func (p *Porter) matches(ctx context.Context, a Attempt, found Account, known bool) (right, first bool, err error) {
	if known && (found.Password != "" || found.First != "") {
		hash := found.Password
		if hash == "" {
			hash = found.First
		}
		right, err = p.Hasher.Matches(ctx, a.Password, hash)
		if err != nil {
			return false, false, fmt.Errorf("check a password: %w", err)
		}
		return right, found.Password == "", nil
	}
	number := found.Holder.Number
	if !known {
		if number, err = card.ReadNumber(a.Login); err != nil || found.Closed {
			if _, err := p.Hasher.Matches(ctx, a.Password, ""); err != nil {
				return false, false, fmt.Errorf("check a password: %w", err)
			}
			return false, false, nil
		}
	}
	right, err = p.First.CheckFirstPassword(ctx, number, a.Password)
	if err != nil {
		return false, false, fmt.Errorf("check a first password: %w", err)
	}
	return right, true, nil
}

// know makes sure that we have a row for a card that logged in for the first
// time, and that the library still has one that did before: ReasonGone and
// ReasonRenumbered are for those who know the password.
func (p *Porter) know(ctx context.Context, a Attempt, found Account, known bool) (Account, error) {
	if known {
		if err := p.stands(ctx, found, a.Login); err != nil {
			return Account{}, err
		}
		now, err := p.account(ctx, found.Holder.ID)
		// A password that was changed while this one was checked has ended what this
		// one opens.
		now.Epoch = found.Epoch
		return now, err
	}
	number, err := card.ReadNumber(a.Login)
	if err != nil {
		return Account{}, fmt.Errorf("read a number that just logged in: %w", err)
	}
	c, ok, err := p.Cards.Card(ctx, number)
	if err != nil {
		return Account{}, fmt.Errorf("look up a card: %w", err)
	}
	if !ok {
		return Account{}, problem.New(problem.Refused, ReasonWrong, nil)
	}
	h, err := p.Store.KnowCard(ctx, c)
	if err != nil {
		return Account{}, fmt.Errorf("keep a card: %w", err)
	}
	return p.account(ctx, h.ID)
}

func (p *Porter) account(ctx context.Context, id card.ID) (Account, error) {
	a, ok, err := p.Store.Account(ctx, id)
	if err != nil {
		return Account{}, fmt.Errorf("read an account: %w", err)
	}
	if !ok {
		return Account{}, problem.New(problem.NotFound, ReasonCardNotFound, nil)
	}
	return a, nil
}

// rememberDevice makes the device known for the card. A device that has a secret
// keeps it, so that a family's tablet is known for each of their cards. It
// returns a new secret, or "" when the old one stands.
func (p *Porter) rememberDevice(ctx context.Context, id card.ID, old string) (string, error) {
	secret := rand.Text()
	keeps := len(old) == len(secret) // anything else did not come from us
	if keeps {
		secret = old
	}
	if err := p.Store.AddDevice(ctx, id, digest(secret), p.Now()); err != nil {
		return "", fmt.Errorf("remember a device: %w", err)
	}
	if keeps {
		return "", nil
	}
	return secret, nil
}

// Identify says who a session belongs to, on every request. ok is false when
// the session is over: its epoch has passed, or the card has been closed.
func (p *Porter) Identify(ctx context.Context, id card.ID, epoch int64) (me Identity, ok bool, err error) {
	a, ok, err := p.Store.Account(ctx, id)
	if err != nil {
		return Identity{}, false, fmt.Errorf("read an account: %w", err)
	}
	if !ok || a.Closed || a.Epoch != epoch {
		return Identity{}, false, nil
	}
	return Identity{Holder: a.Holder, Epoch: a.Epoch, MustChoose: a.Password == ""}, true, nil
}
