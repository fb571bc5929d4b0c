package account

import (
	"context"
	"fmt"
	"strings"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

// NewPassword is a filled-in form to choose a password (S5).
type NewPassword struct {
	// Current is the password so far. It is not asked of who must choose: they
	// have just typed it.
	Current    string
	New, Again string
}

// ChoosePassword writes an own password (S3 to S5). The Identity that it
// returns has a new epoch: every other session of the card is over. Problems
// name every unmet part of the rule, ReasonPasswordDiffers,
// ReasonPasswordCurrent, ReasonPasswordFirst or ReasonSlow.
func (p *Porter) ChoosePassword(ctx context.Context, me Identity, n NewPassword) (Identity, error) {
	a, err := p.account(ctx, me.Holder.ID)
	if err != nil {
		return Identity{}, err
	}
	if err := n.check(); err != nil {
		return Identity{}, err
	}
	if a.Epoch != me.Epoch {
		return p.changedMeanwhile(ctx, a, n)
	}
	if a.Password != "" {
		if err := p.current(ctx, a, n.Current); err != nil {
			return Identity{}, err
		}
	}
	if err := p.notFirst(ctx, a, n.New); err != nil {
		return Identity{}, err
	}
	hash, err := p.Hasher.Hash(ctx, n.New)
	if err != nil {
		return Identity{}, fmt.Errorf("choose a password: %w", err)
	}
	epoch, ok, err := p.Store.SetPassword(ctx, a.Holder.ID, hash, a.Epoch)
	if err != nil {
		return Identity{}, fmt.Errorf("choose a password: %w", err)
	}
	if !ok { // while the hashes were computed
		if a, err = p.account(ctx, me.Holder.ID); err != nil {
			return Identity{}, err
		}
		return p.changedMeanwhile(ctx, a, n)
	}
	return Identity{Holder: a.Holder, Epoch: epoch}, nil
}

// changedMeanwhile is for a session that ended after the request had begun. The
// same form sent twice, by a double click, has done what was wanted: who knows
// the password that now counts stays in. Anybody else does not: the desk may just
// have taken the account away from them.
func (p *Porter) changedMeanwhile(ctx context.Context, a Account, n NewPassword) (Identity, error) {
	same, err := p.Hasher.Matches(ctx, n.New, a.Password)
	if err != nil {
		return Identity{}, fmt.Errorf("compare with what was chosen meanwhile: %w", err)
	}
	if !same || a.Closed {
		return Identity{}, problem.New(problem.Invalid, ReasonPasswordCurrent, nil).At("current")
	}
	return Identity{Holder: a.Holder, Epoch: a.Epoch}, nil
}

func (n NewPassword) check() error {
	var unmet problem.List
	for _, q := range problem.Of(CheckPassword(n.New)) {
		unmet = append(unmet, q)
	}
	if n.New != n.Again {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonPasswordDiffers, nil).At("again"))
	}
	return unmet.Or()
}

// notFirst refuses the password that the library handed out, now and later:
// others know it. Who changes an own password is not held up by a library system
// that is away.
func (p *Porter) notFirst(ctx context.Context, a Account, chosen string) error {
	var same bool
	var err error
	if a.First != "" {
		same, err = p.Hasher.Matches(ctx, chosen, a.First)
	} else {
		same, err = p.First.CheckFirstPassword(ctx, a.Holder.Number, chosen)
	}
	if a.Password != "" && problem.KindOf(err) == problem.Unavailable {
		p.Log.WarnContext(ctx, "a new password was not compared with the first one", "card", a.Holder, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("compare with the first password: %w", err)
	}
	if same {
		return problem.New(problem.Invalid, ReasonPasswordFirst, nil).At("new")
	}
	return nil
}

// current checks the password so far, slowed down like a log-in: somebody else
// may sit at a computer that was left open.
func (p *Porter) current(ctx context.Context, a Account, typed string) error {
	keys := []string{fmt.Sprintf("login/device/%d@own", int64(a.Holder.ID))}
	if err := slow(ctx, p.Slower, keys); err != nil {
		return err
	}
	ok, err := p.Hasher.Matches(ctx, typed, a.Password)
	if err != nil {
		return fmt.Errorf("check the password so far: %w", err)
	}
	if !ok {
		return problem.New(problem.Invalid, ReasonPasswordCurrent, nil).At("current")
	}
	p.excuse(ctx, keys)
	return nil
}

// UserName returns the card's user name, zero for none.
func (p *Porter) UserName(ctx context.Context, me Identity) (card.UserName, error) {
	a, err := p.account(ctx, me.Holder.ID)
	return a.UserName, err
}

// SetUserName sets the card's user name, or removes it when typed is empty
// (S2, S7). Problems, about field "user_name": each unmet rule, or
// ReasonUserNameTaken: also for a name that is somebody's card number.
func (p *Porter) SetUserName(ctx context.Context, me Identity, typed string) error {
	if typed == "" {
		if _, err := p.Store.SetUserName(ctx, me.Holder.ID, card.UserName{}); err != nil {
			return fmt.Errorf("remove the user name: %w", err)
		}
		return nil
	}
	name, err := card.ParseUserName(strings.TrimSpace(typed))
	if err != nil {
		var unmet problem.List
		for _, q := range problem.Of(err) {
			unmet = append(unmet, q.At("user_name"))
		}
		return unmet.Or()
	}
	taken, err := p.isNumber(ctx, name)
	if err != nil {
		return err
	}
	if !taken {
		if taken, err = p.Store.SetUserName(ctx, me.Holder.ID, name); err != nil {
			return fmt.Errorf("set the user name: %w", err)
		}
	}
	if taken {
		return problem.New(problem.Invalid, ReasonUserNameTaken, nil).At("user_name")
	}
	return nil
}

// isNumber reports whether the name is somebody's card number, known here (it
// may have been closed) or to the library system: some libraries have letters in
// them.
func (p *Porter) isNumber(ctx context.Context, name card.UserName) (bool, error) {
	number, err := card.ParseNumber(name.Text())
	if err != nil {
		return false, nil //nolint:nilerr // longer than any number
	}
	_, ok, err := p.Store.AccountByNumber(ctx, number)
	if err == nil && !ok {
		_, ok, err = p.Cards.Card(ctx, number)
	}
	if err != nil {
		return false, fmt.Errorf("compare a user name with card numbers: %w", err)
	}
	return ok, nil
}

// LogOutEverywhere ends every session of the card.
func (p *Porter) LogOutEverywhere(ctx context.Context, me Identity) error {
	if _, err := p.Store.RaiseEpoch(ctx, me.Holder.ID); err != nil {
		return fmt.Errorf("log out everywhere: %w", err)
	}
	return nil
}
