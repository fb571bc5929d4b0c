package account_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

// pencil is what a person with pencil and paper would know of one app's log-in.
type pencil struct {
	tokens                     account.Tokens // the present ones
	spent                      []account.Tokens
	out                        bool
	used, accessEnds, grantEnd time.Time
}

func (p *pencil) turned(to account.Tokens, now time.Time) {
	if p.tokens.Access != "" {
		p.spent = append(p.spent, p.tokens)
	}
	p.tokens, p.used, p.accessEnds, p.grantEnd = to, now, now.Add(15*time.Minute), now.Add(60*24*time.Hour)
}

// owner is one card, its apps and its password.
type owner struct {
	mobile
	me       account.Identity
	password string
	closed   bool
	apps     []*pencil
	logins   int
}

// TestATokenWorksExactlyWhenItShould lets apps come, refresh, come back with old
// tokens and go, while passwords change, the card is closed and opened and time
// passes. A token must work exactly when the pencil says so.
func TestATokenWorksExactlyWhenItShould(t *testing.T) {
	fewHistories(t)
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		born := 0
		rapid.Check(t, func(t *rapid.T) {
			born++
			o := newOwner(t, m, fmt.Sprintf("4%07d", born))
			for range rapid.SampledFrom([]int{0, 0, 20}).Draw(t, "apps at first") {
				o.pass(time.Second)
				o.letIn(t)
			}
			t.Repeat(map[string]func(*rapid.T){
				"":                o.check,
				"let in":          o.letIn,
				"refresh":         o.refresh,
				"refresh old":     o.refreshOld,
				"stop":            o.stop,
				"change password": o.changePassword,
				"everywhere": func(t *rapid.T) {
					if rapid.Bool().Draw(t, "not now") {
						return
					}
					ok(t, o.LogOutEverywhere(context.Background(), o.me))
					o.over(o.me.Epoch+1, nil)
				},
				"close or open": o.closeOrOpen,
				"wait": func(*rapid.T) {
					o.pass(rapid.SampledFrom([]time.Duration{
						time.Millisecond, time.Second, 59 * time.Second, time.Minute, 14 * time.Minute, 15 * time.Minute, 60 * 24 * time.Hour,
					}).Draw(t, "how long"))
				},
				"sweep": func(t *rapid.T) { ok(t, o.store.SweepGrants(context.Background())) },
			})
		})
	})
}

func newOwner(t *rapid.T, m mobile, number string) *owner {
	t.Helper()
	ctx := context.Background()
	n, err := card.ParseNumber(number)
	ok(t, err)
	m.library.cards[n] = card.Card{Number: n, Name: "Lener"}
	h, err := m.store.KnowCard(ctx, m.library.cards[n])
	ok(t, err)
	o := &owner{mobile: m, password: own, me: account.Identity{Holder: h}}
	epoch, done, err := m.store.SetPassword(ctx, h.ID, "hash of "+own, 0)
	ok(t, err)
	if !done {
		t.Fatal("no password was set")
	}
	o.me.Epoch = epoch
	return o
}

func ok(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stands tells that the app is in.
func (o *owner) stands(p *pencil) bool { return !p.out && !o.closed && o.at.Before(p.grantEnd) }

// over is a new epoch: everybody is out but one.
func (o *owner) over(epoch int64, but *pencil) {
	o.me.Epoch = epoch
	for _, p := range o.apps {
		p.out = p.out || p != but
	}
}

// some is an app that has been here, most often one that is in.
func (o *owner) some(t *rapid.T) *pencil {
	if len(o.apps) == 0 {
		t.Skip("no apps yet")
	}
	from := slices.DeleteFunc(slices.Clone(o.apps), func(p *pencil) bool { return !o.stands(p) })
	if len(from) == 0 || rapid.IntRange(0, 3).Draw(t, "any") == 0 {
		from = o.apps
	}
	return rapid.SampledFrom(from).Draw(t, "app")
}

// check tries the tokens of some app, and looks which apps are in.
func (o *owner) check(t *rapid.T) {
	if len(o.apps) > 0 {
		p := o.some(t)
		for _, s := range p.spent {
			o.opens(t, s.Access, false)
		}
		works := o.stands(p) && o.at.Before(p.accessEnds)
		o.opens(t, p.tokens.Access, works)
		if works && o.at.Sub(p.used) >= time.Minute {
			p.used = o.at
		}
	}
	var want []account.GrantID
	for _, p := range o.apps {
		if o.stands(p) {
			want = append(want, p.tokens.Grant.ID)
		}
	}
	all, err := o.mobile.apps.List(context.Background(), o.me)
	ok(t, err)
	var got []account.GrantID
	for _, g := range all {
		got = append(got, g.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("apps %v, want %v", got, want)
	}
}

func (o *owner) opens(t *rapid.T, access string, want bool) {
	t.Helper()
	_, me, err := o.mobile.apps.Identify(context.Background(), access)
	if got := err == nil; got != want || got && me != o.me || !got && !problem.Has(err, account.ReasonTokenWrong) {
		t.Fatalf("an access token opens %+v, %v; want %v", me, err, want)
	}
}

func (o *owner) letIn(t *rapid.T) {
	o.logins++
	at := o.attempt(o.me.Holder.Number.Text(), o.password)
	at.Address = address(o.logins)
	tokens, err := o.mobile.apps.Begin(context.Background(), at, "", nil)
	if o.closed {
		if !problem.Has(err, account.ReasonWrong) {
			t.Fatalf("an app at a closed card: %v", err)
		}
		o.pass(time.Hour) // the wrong attempt is forgotten
		return
	}
	ok(t, err)
	in := slices.DeleteFunc(slices.Clone(o.apps), func(p *pencil) bool { return !o.stands(p) })
	slices.SortFunc(in, func(a, b *pencil) int {
		return cmp.Or(b.used.Compare(a.used), cmp.Compare(a.tokens.Grant.ID, b.tokens.Grant.ID))
	})
	for _, p := range in[min(19, len(in)):] {
		p.out = true
	}
	p := &pencil{}
	p.turned(tokens, o.at)
	o.apps = append(o.apps, p)
}

func (o *owner) refresh(t *rapid.T) {
	p := o.some(t)
	next, err := o.mobile.apps.Refresh(context.Background(), p.tokens.Refresh)
	switch {
	case o.stands(p):
		ok(t, err)
		p.turned(next, o.at)
	case !problem.Has(err, account.ReasonTokenWrong):
		t.Fatalf("a refresh token of an app that is out: %v", err)
	}
}

func (o *owner) refreshOld(t *rapid.T) {
	p := o.some(t)
	if len(p.spent) == 0 {
		t.Skip("none is old")
	}
	old := rapid.SampledFrom(p.spent).Draw(t, "old")
	if _, err := o.mobile.apps.Refresh(context.Background(), old.Refresh); !problem.Has(err, account.ReasonTokenWrong) {
		t.Fatalf("an old refresh token: %v", err)
	}
	p.out = true
}

func (o *owner) stop(t *rapid.T) {
	p := o.some(t)
	ok(t, o.mobile.apps.End(context.Background(), o.me, p.tokens.Grant.ID))
	p.out = true
}

// changePassword changes it on a page or through an app.
func (o *owner) changePassword(t *rapid.T) {
	ctx := context.Background()
	next := own
	if o.password == own {
		next = "Volgend-jaar2?"
	}
	if o.closed {
		t.Skip("nobody is in")
	}
	var by *pencil
	if len(o.apps) > 0 && rapid.Bool().Draw(t, "through an app") {
		by = o.some(t)
	}
	if by == nil {
		me, err := o.ChoosePassword(ctx, o.me, account.NewPassword{Current: o.password, New: next, Again: next})
		ok(t, err)
		o.over(me.Epoch, nil)
	} else {
		err := o.mobile.apps.ChangePassword(ctx, by.tokens.Access, o.password, next)
		if !o.stands(by) || !o.at.Before(by.accessEnds) {
			if !problem.Has(err, account.ReasonTokenWrong) {
				t.Fatalf("an app that is out changed the password: %v", err)
			}
			return
		}
		ok(t, err)
		o.over(o.me.Epoch+1, by)
		if o.at.Sub(by.used) >= time.Minute {
			by.used = o.at
		}
	}
	o.password = next
}

func (o *owner) closeOrOpen(t *rapid.T) {
	if !o.closed && rapid.IntRange(0, 3).Draw(t, "close") > 0 {
		return
	}
	ctx, id := context.Background(), o.me.Holder.ID
	if o.closed {
		_, _, err := o.store.Seen(ctx, id, o.library.cards[o.me.Holder.Number], o.at)
		ok(t, err)
	} else {
		for i := range 2 {
			_, err := o.store.Missed(ctx, id, calendar.Today(o.at.AddDate(0, 0, i), time.UTC), o.at)
			ok(t, err)
		}
		o.over(o.me.Epoch+1, nil)
	}
	o.closed = !o.closed
}
