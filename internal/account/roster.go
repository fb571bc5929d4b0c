package account

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/throttle"
)

// Roster is the staff of the desk: their accounts and what they did.
type Roster struct {
	Store  Store
	Hasher Hasher
	Slower Slower
	Now    func() time.Time
	Log    *slog.Logger
}

// SignIn lets a staff member in. A wrong name, a wrong password and a disabled
// account are all ReasonWrong, after the same work. Too many attempts are
// ReasonSlow.
func (r *Roster) SignIn(ctx context.Context, user, password, address string) (Staff, error) {
	if err := (Attempt{Login: user, Password: password}).check(); err != nil {
		return Staff{}, err
	}
	user = staffKey(user)
	network := throttle.Network(address)
	keys := []string{
		"staff/pair/" + digest(user) + "@" + network, "staff/user/" + digest(user), "staff/address/" + network,
	}
	if err := slow(ctx, r.Slower, keys); err != nil {
		return Staff{}, err
	}
	s, ok, err := r.Store.StaffByUser(ctx, user)
	if err != nil {
		return Staff{}, fmt.Errorf("find a staff account: %w", err)
	}
	hash := s.Password
	if !ok || s.Disabled {
		hash = ""
	}
	right, err := r.Hasher.Matches(ctx, password, hash)
	if err == nil && !right {
		return Staff{}, problem.New(problem.Refused, ReasonStaffWrong, nil)
	}
	if err := r.Slower.Excuse(ctx, keys...); err != nil { // it was right, or nobody's fault
		r.Log.WarnContext(ctx, "an attempt to log in could not be taken back", "error", err)
	}
	if err != nil {
		return Staff{}, fmt.Errorf("check a staff password: %w", err)
	}
	return s, nil
}

// Identify says which staff member a session belongs to, on every request. ok
// is false when it is over: the account was disabled or reset.
func (r *Roster) Identify(ctx context.Context, id, epoch int64) (s Staff, ok bool, err error) {
	s, ok, err = r.Store.StaffByID(ctx, id)
	if err != nil {
		return Staff{}, false, fmt.Errorf("read a staff account: %w", err)
	}
	if !ok || s.Disabled || s.Epoch != epoch {
		return Staff{}, false, nil
	}
	return s, true, nil
}

// Add adds an account. Problems: ReasonStaffUserInvalid, ReasonStaffTaken, and
// a password of under MinStaffPassword characters.
func (r *Roster) Add(ctx context.Context, user, name, password string) error {
	var unmet problem.List
	if !validStaffUser(user) || strings.TrimSpace(name) == "" || strings.ContainsFunc(name, unicode.IsControl) {
		unmet = append(unmet, problem.New(problem.Invalid, ReasonStaffUserInvalid, nil))
	}
	unmet = append(unmet, problem.Of(checkStaffPassword(password))...)
	if err := unmet.Or(); err != nil {
		return err
	}
	hash, err := r.Hasher.Hash(ctx, password)
	if err != nil {
		return fmt.Errorf("add staff: %w", err)
	}
	if err := r.nameIsFree(ctx, name); err != nil {
		return err
	}
	taken, err := r.Store.AddStaff(ctx, Staff{User: staffKey(user), Name: strings.TrimSpace(name), Password: hash})
	if err != nil {
		return fmt.Errorf("add staff: %w", err)
	}
	if taken {
		return problem.New(problem.Conflict, ReasonStaffTaken, nil)
	}
	return nil
}

// nameIsFree refuses a second account with the same name: payments, receipts
// and the desk's log know staff by it.
func (r *Roster) nameIsFree(ctx context.Context, name string) error {
	all, err := r.List(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if staffKey(s.Name) == staffKey(name) {
			return problem.New(problem.Conflict, ReasonStaffTaken, nil)
		}
	}
	return nil
}

// List returns all accounts by user name.
func (r *Roster) List(ctx context.Context) ([]Staff, error) {
	all, err := r.Store.ListStaff(ctx)
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	return all, nil
}

// Disable closes an account, or opens it again. Its sessions end at once.
// ReasonStaffNotFound when there is none.
func (r *Roster) Disable(ctx context.Context, user string, disabled bool) error {
	return r.change(ctx, user, func(s *Staff) error {
		s.Disabled = disabled
		return nil
	})
}

// Reset gives an account another password. Its sessions end at once.
func (r *Roster) Reset(ctx context.Context, user, password string) error {
	if err := checkStaffPassword(password); err != nil {
		return err
	}
	return r.change(ctx, user, func(s *Staff) (err error) {
		s.Password, err = r.Hasher.Hash(ctx, password)
		return err //nolint:wrapcheck // change says what we were doing
	})
}

func (r *Roster) change(ctx context.Context, user string, f func(*Staff) error) error {
	for saved := false; !saved; { // anew when somebody else was quicker
		s, ok, err := r.Store.StaffByUser(ctx, staffKey(user))
		if err != nil {
			return fmt.Errorf("find a staff account: %w", err)
		}
		if !ok {
			return problem.New(problem.NotFound, ReasonStaffNotFound, nil)
		}
		if err := f(&s); err != nil {
			return fmt.Errorf("change a staff account: %w", err)
		}
		if saved, err = r.Store.SaveStaff(ctx, s); err != nil {
			return fmt.Errorf("change a staff account: %w", err)
		}
	}
	return nil
}

// Did logs what a staff member did for a card; At and Staff are filled in. The
// deed stands by then, so a log that cannot be written is told to the operator,
// not to the staff member.
func (r *Roster) Did(ctx context.Context, s Staff, act StaffAct) {
	act.At, act.Staff = r.Now(), s.Name
	if err := r.Store.AddStaffAct(context.WithoutCancel(ctx), act); err != nil {
		r.Log.ErrorContext(ctx, "an act at the desk is not in its log", "staff", s, "act", act.Act, "error", err)
	}
}

// Acts returns the latest acts on a card, newest first.
func (r *Roster) Acts(ctx context.Context, id card.ID, limit int) ([]StaffAct, error) {
	acts, err := r.Store.StaffActs(ctx, id, limit)
	if err != nil {
		return nil, fmt.Errorf("read the desk's log: %w", err)
	}
	return acts, nil
}

func staffKey(user string) string { return card.NameKey(strings.TrimSpace(user)) }

func validStaffUser(user string) bool {
	const shortest, longest = 2, 80
	n := utf8.RuneCountInString(user)
	return n >= shortest && n <= longest && !strings.ContainsFunc(user, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-@.", r)
	})
}
