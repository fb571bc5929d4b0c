package account_test

import (
	"context"
	"strings"
	"testing"

	"hoofdpas/internal/account"
	"hoofdpas/internal/problem"
)

// roll keeps staff accounts; nothing else is asked of it here.
type roll struct{ account.Store }

func (roll) AddStaff(context.Context, account.Staff) (bool, error) { return false, nil }
func (roll) ListStaff(context.Context) ([]account.Staff, error)    { return nil, nil }

type plain struct{ account.Hasher }

func (plain) Hash(_ context.Context, password string) (account.Hash, error) {
	return account.Hash(password), nil
}

func TestAStaffPasswordIsLong(t *testing.T) {
	t.Parallel()
	r := account.Roster{Store: roll{}, Hasher: plain{}}
	for password, want := range map[string]problem.Reason{
		"Welkom-Balie1":          "",
		"twaalftekens":           "",
		"elf tekens.":            account.ReasonPasswordShort,
		"":                       account.ReasonPasswordShort,
		strings.Repeat("é", 201): account.ReasonPasswordLong,
	} {
		err := r.Add(t.Context(), "balie", "Bea", password)
		if want == "" && err != nil || want != "" && !problem.Has(err, want) {
			t.Errorf("%q: %v, want %q", password, err, want)
		}
	}
}
