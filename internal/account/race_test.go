package account_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"hoofdpas/internal/account"
	"hoofdpas/internal/problem"
)

// Somebody chooses another password, or the desk takes theirs away, while somebody who
// knows the old one logs in, on a page and in an app. Who was let in before is out, and
// who comes after is not let in.
func TestAPasswordThatIsChangedWhileItIsUsedOpensNothingAfterwards(t *testing.T) {
	t.Parallel()
	const next = "Volgend-jaar2?"
	eachMobile(t, func(t *testing.T, m mobile) {
		ctx := context.Background()
		for round := range 12 {
			number, desk := fmt.Sprintf("200010000%05d", round), round%2 == 1
			me := m.member(t, number, "Marieke")
			tried := func(password string) account.Attempt {
				return account.Attempt{Login: number, Password: password, Address: address(round)}
			}
			var entered account.Entrance
			var tokens account.Tokens
			var handed string
			errs := map[string]error{}
			var mu sync.Mutex
			var all sync.WaitGroup
			start := make(chan struct{})
			for what, do := range map[string]func() error{
				"choosing": func() error {
					_, err := m.ChoosePassword(ctx, me, account.NewPassword{Current: own, New: next, Again: next})
					return err
				},
				"logging in": func() (err error) { entered, err = m.SignIn(ctx, tried(own)); return err },
				"an app":     func() (err error) { tokens, err = m.apps.Begin(ctx, tried(own), "Boekje", nil); return err },
				"the desk": func() (err error) {
					if desk {
						handed, err = m.HandOutPassword(ctx, account.Staff{Name: "Bea"}, me.Holder)
					}
					return err
				},
			} {
				all.Go(func() {
					<-start
					err := do()
					mu.Lock()
					defer mu.Unlock()
					errs[what] = err
				})
			}
			close(start)
			all.Wait()
			must(t, errs["the desk"])
			if err := errs["choosing"]; err != nil && !(desk && problem.Has(err, account.ReasonPasswordCurrent)) {
				t.Fatal(err)
			}
			for _, what := range []string{"logging in", "an app"} {
				if err := errs[what]; err != nil {
					wantProblem(t, err, problem.Refused, account.ReasonWrong)
				}
			}
			if errs["logging in"] == nil {
				_, in, err := m.Identify(ctx, me.Holder.ID, entered.Identity.Epoch)
				must(t, err)
				mustBe(t, "who logged in with the old one is still in", in, false)
			}
			if errs["an app"] == nil {
				mustBe(t, "the app still works", m.works(t, tokens.Access), false)
			}
			opens := map[string]bool{own: false, next: !desk}
			if desk {
				opens[handed] = true
			}
			for password, want := range opens {
				_, err := m.SignIn(ctx, tried(password))
				mustBe(t, fmt.Sprintf("opens (round %d)", round), err == nil, want)
			}
		}
	})
}

// Whoever disables an account is not overtaken by whoever gives it a password.
func TestAStaffAccountThatIsDisabledWhileItIsResetIsBoth(t *testing.T) {
	t.Parallel()
	eachMobile(t, func(t *testing.T, m mobile) {
		ctx := context.Background()
		const first, second = "een-lang-wachtwoord-1", "een-lang-wachtwoord-2"
		must(t, m.roster.Add(ctx, "bea", "Bea", first))
		for range 15 {
			must(t, m.roster.Reset(ctx, "bea", first))
			must(t, m.roster.Disable(ctx, "bea", false))
			var disabled, reset error
			var both sync.WaitGroup
			both.Go(func() { disabled = m.roster.Disable(ctx, "bea", true) })
			both.Go(func() { reset = m.roster.Reset(ctx, "bea", second) })
			both.Wait()
			must(t, disabled)
			must(t, reset)
			now, _, err := m.store.StaffByUser(ctx, "bea")
			must(t, err)
			mustBe(t, "disabled", now.Disabled, true)
			mustBe(t, "password", now.Password, "hash of "+second)
		}
	})
}
