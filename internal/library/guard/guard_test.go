package guard_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/library/guard"
	"hoofdpas/internal/problem"
)

const (
	limit = 10 * time.Second
	keep  = 30 * time.Second
)

// scripted is a library system whose calls all do what the test says.
type scripted struct {
	mu               sync.Mutex
	calls, now, most int
	before           func(ctx context.Context) error // what each call does
	loans            int                             // how often each loan has been renewed
	settled          bool
}

func (s *scripted) call(ctx context.Context) error {
	s.mu.Lock()
	s.calls++
	s.now++
	s.most = max(s.most, s.now)
	before := s.before
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()
	if before == nil {
		return nil
	}
	return before(ctx)
}

func (s *scripted) will(before func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

func (s *scripted) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// atMost is how many calls there were at once.
func (s *scripted) atMost() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

func (s *scripted) Loans(ctx context.Context, _ card.Number) ([]circulation.Loan, error) {
	if err := s.call(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return []circulation.Loan{{ID: "1", Title: "De avonden", Renewals: s.loans}}, nil
}

func (s *scripted) Fees(ctx context.Context, _ card.Number) ([]circulation.Fee, error) {
	if err := s.call(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settled {
		return nil, nil
	}
	return []circulation.Fee{{ID: "f", Amount: 250, Description: "De avonden"}}, nil
}

func (s *scripted) Renew(ctx context.Context, _ card.Number, id circulation.LoanID, _ calendar.Date) (circulation.Loan, error) {
	if err := s.call(ctx); err != nil {
		return circulation.Loan{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loans++
	return circulation.Loan{ID: id, Renewals: s.loans}, nil
}

func (s *scripted) Settle(ctx context.Context, _ card.Number, _ []circulation.Settlement, _ string) error {
	return s.settle(ctx, true)
}

func (s *scripted) Reopen(ctx context.Context, _ card.Number, _ []circulation.Settlement, _ string) error {
	return s.settle(ctx, false)
}

func (s *scripted) settle(ctx context.Context, settled bool) error {
	err := s.call(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = settled // also when its answer is lost
	return err
}

func (s *scripted) Card(ctx context.Context, n card.Number) (card.Card, bool, error) {
	return card.Card{Number: n}, true, s.call(ctx)
}

func (s *scripted) CheckFirstPassword(ctx context.Context, _ card.Number, p string) (bool, error) {
	return p == "goed", s.call(ctx)
}

// after is an answer that takes so long, and less when nobody waits for it.
func after(d time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// deaf is an answer that takes so long, whoever has left meanwhile.
func deaf(d time.Duration) func(context.Context) error {
	return func(context.Context) error {
		<-time.After(d)
		return nil
	}
}

func say(err error) func(context.Context) error { return func(context.Context) error { return err } }

func down() error {
	return problem.Away(circulation.ReasonSystemAway, "ask", errors.New("no route to host"))
}

// stage is a guarded scripted system and its log.
type stage struct {
	*scripted
	guard *guard.System
	log   *bytes.Buffer
}

func newStage() stage {
	s := stage{scripted: &scripted{}, log: &bytes.Buffer{}}
	s.guard = guard.New(s.scripted, guard.Options{
		Name: "koha", Timeout: limit, AtOnce: 8, Keep: keep, Now: time.Now, Log: slog.New(slog.NewTextHandler(s.log, nil)),
	})
	return s
}

func number(text string) card.Number {
	n, err := card.ParseNumber(text)
	if err != nil {
		panic(err)
	}
	return n
}

var anna, bert = number("20001000000012"), number("20001000000020")

func (s stage) read(t *testing.T, n card.Number) error {
	t.Helper()
	_, err := s.guard.Loans(t.Context(), n)
	return err
}

func wantAway(t *testing.T, err error) {
	t.Helper()
	if !problem.Has(err, circulation.ReasonSystemAway) || problem.KindOf(err) != problem.Unavailable {
		t.Errorf("got %v", err)
	}
}

// inTime plays a scene in which time passes only when everybody waits.
func inTime(t *testing.T, scene func(*testing.T, stage)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scene(t, newStage())
		pass(2 * time.Hour) // until the last call is over
	})
}

// pass lets time go by.
func pass(d time.Duration) { <-time.After(d) }

func TestAfterFiveFailuresItIsLeftAloneAndThenTriedByOne(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(say(down()))
		for range 5 {
			wantAway(t, s.read(t, anna))
		}
		if !s.guard.State().Away {
			t.Error("it is still asked")
		}
		for range 100 {
			wantAway(t, s.read(t, anna))
			_, _, err := s.guard.Card(t.Context(), anna)
			wantAway(t, err)
		}
		if n := s.count(); n != 5 {
			t.Errorf("it was asked %d times", n)
		}
		pass(10*time.Second + 1)
		s.will(after(time.Second, down()))
		var all sync.WaitGroup
		for range 20 { // one of them asks, for all cards
			all.Go(func() { wantAway(t, s.read(t, anna)) })
			all.Go(func() { wantAway(t, s.read(t, bert)) })
		}
		all.Wait()
		if n := s.count(); n != 6 {
			t.Errorf("after ten seconds it was asked %d times more", n-5)
		}
		pass(10*time.Second + 1)
		s.will(nil)
		for range 3 {
			if err := s.read(t, anna); err != nil {
				t.Errorf("it is back: %v", err)
			}
		}
		for _, line := range []string{"left alone", "tried again", "is back"} {
			if !strings.Contains(s.log.String(), line) {
				t.Errorf("the operator does not read that it is %s:\n%s", line, s.log)
			}
		}
		if strings.Contains(s.log.String(), anna.Text()) {
			t.Errorf("a card number stands in the log:\n%s", s.log)
		}
	})
}

func TestARefusalIsAnAnswer(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		no := problem.List{
			problem.New(problem.Refused, circulation.ReasonTooOften, nil), problem.New(problem.Refused, circulation.ReasonReserved, nil),
		}
		s.will(say(no))
		for range 20 {
			_, err := s.guard.Renew(t.Context(), anna, "1", calendar.Date{})
			if len(problem.Of(err)) != 2 || !problem.Has(err, circulation.ReasonReserved) {
				t.Fatalf("got %v", err)
			}
		}
		if s.guard.State().Away || s.log.Len() > 0 {
			t.Errorf("refusals count as failures: %s", s.log)
		}
	})
}

func TestFailuresThatAreNotInARowDoNotCount(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		for range 10 {
			s.will(say(down()))
			for range 4 {
				wantAway(t, s.read(t, anna))
			}
			s.will(nil)
			if err := s.read(t, bert); err != nil {
				t.Fatal(err)
			}
			pass(keep)
		}
	})
}

func TestACallThatTakesTooLongIsGivenUp(t *testing.T) {
	for name, slow := range map[string]func(context.Context) error{
		"by a connector that listens": after(time.Hour, nil), "by one that does not": deaf(time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, s stage) {
				s.will(slow)
				began := time.Now()
				wantAway(t, s.read(t, anna))
				if took := time.Since(began); took < limit || took > limit+time.Second {
					t.Errorf("after %v", took)
				}
				_, err := s.guard.CheckFirstPassword(t.Context(), anna, "goed")
				wantAway(t, err)
				err = s.guard.Settle(t.Context(), anna, nil, "1")
				wantAway(t, err)
			})
		})
	}
}

func TestNoMoreCallsAtOnceThanAllowedAndAllGetTheirTurn(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(after(150*time.Millisecond, nil))
		began := time.Now()
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				if err := s.read(t, number("1000"+strconv.Itoa(i))); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if now := s.guard.State(); now.Asking != 8 || now.Waiting != 192 {
			t.Errorf("at first %+v", now)
		}
		all.Wait()
		if s.atMost() != 8 || s.count() != 200 || time.Since(began) != 25*150*time.Millisecond {
			t.Errorf("%d at once, %d in all, in %v", s.atMost(), s.count(), time.Since(began))
		}
		if now := s.guard.State(); now.Asking != 0 || now.Waiting != 0 {
			t.Errorf("at last %+v", now)
		}
	})
}

func TestNobodyWaitsForATurnForEver(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(deaf(time.Hour)) // its turns are never given back
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() { wantAway(t, s.read(t, number("1000"+strconv.Itoa(i)))) })
		}
		began := time.Now()
		all.Wait()
		if took := time.Since(began); took > limit+time.Second {
			t.Errorf("the last waited for %v", took)
		}
		if s.atMost() != 8 {
			t.Errorf("%d calls at once", s.atMost())
		}
	})
}

func TestAnAnswerIsKeptForAWhile(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		for range 5 {
			if err := s.read(t, anna); err != nil {
				t.Fatal(err)
			}
			if _, err := s.guard.Fees(t.Context(), anna); err != nil {
				t.Fatal(err)
			}
		}
		if n := s.count(); n != 2 {
			t.Errorf("asked %d times", n)
		}
		pass(keep)
		if _ = s.read(t, anna); s.count() != 3 {
			t.Error("it is kept for ever")
		}
		if _ = s.read(t, bert); s.count() != 4 {
			t.Error("another card gets the answer")
		}
		for range 2 {
			if _, _, err := s.guard.Card(t.Context(), anna); err != nil {
				t.Error(err)
			}
		}
		if s.count() != 6 {
			t.Error("a card is kept, which nobody may be let in by")
		}
	})
}

func TestWhatIsKeptIsEachReadersOwn(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		for range 3 {
			fees, err := s.guard.Fees(t.Context(), anna)
			if err != nil || fees[0].Description != "De avonden" {
				t.Fatalf("%+v, %v", fees, err)
			}
			fees[0].Description = "" // as for who may only pay
		}
	})
}

func TestAFailureIsNotKept(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(say(down()))
		wantAway(t, s.read(t, anna))
		s.will(nil)
		if err := s.read(t, anna); err != nil {
			t.Errorf("tried again: %v", err)
		}
	})
}

func TestAfterAChangeTheSystemIsAskedAnew(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		changes := map[string]func() error{
			"renew":  func() error { _, err := s.guard.Renew(t.Context(), anna, "1", calendar.Date{}); return err },
			"settle": func() error { return s.guard.Settle(t.Context(), anna, nil, "1") },
			"reopen": func() error { return s.guard.Reopen(t.Context(), anna, nil, "1") },
		}
		for name, change := range changes {
			for _, says := range []error{nil, down(), problem.New(problem.Refused, circulation.ReasonNotAllowed, nil)} {
				s.will(nil)
				_, _ = s.guard.Loans(t.Context(), anna)
				_, _ = s.guard.Fees(t.Context(), anna)
				s.will(say(says))
				if err := change(); !errors.Is(err, says) {
					t.Errorf("%s: %v", name, err)
				}
				s.will(nil)
				before := s.count()
				loans, err := s.guard.Loans(t.Context(), anna)
				fees, other := s.guard.Fees(t.Context(), anna)
				if err != nil || other != nil || s.count() != before+2 {
					t.Errorf("after %s (%v) it was asked %d times: %v, %v", name, says, s.count()-before, err, other)
				}
				if loans[0].Renewals != s.loans || (len(fees) == 0) != s.settled {
					t.Errorf("after %s (%v): %+v %+v", name, says, loans, fees)
				}
			}
		}
	})
}

func TestWhatWasAskedBeforeARenewalIsNotKeptAfterIt(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(after(2*time.Second, nil))
		done := make(chan struct{})
		old := s.loans
		go func() {
			defer close(done)
			_, _ = s.guard.Loans(t.Context(), anna) // its answer comes after the renewal
		}()
		synctest.Wait()
		s.will(nil)
		if _, err := s.guard.Renew(t.Context(), anna, "1", calendar.Date{}); err != nil {
			t.Fatal(err)
		}
		<-done
		before := s.count()
		loans, err := s.guard.Loans(t.Context(), anna)
		if err != nil || loans[0].Renewals != old+1 || s.count() != before+1 {
			t.Errorf("%+v, %v, asked %d times", loans, err, s.count()-before)
		}
	})
}

func TestARenewalWithoutAnAnswerIsUnsureAndNothingIsKeptForAWhile(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(deaf(25 * time.Second))
		_, err := s.guard.Renew(t.Context(), anna, "1", calendar.Date{})
		if !problem.Has(err, circulation.ReasonUnsure) || problem.KindOf(err) != problem.Unavailable {
			t.Errorf("got %v", err)
		}
		s.will(nil)
		loans, err := s.guard.Loans(t.Context(), anna)
		if err != nil || loans[0].Renewals != 0 {
			t.Fatalf("%+v, %v", loans, err)
		}
		pass(10 * time.Second) // the renewal is done after all
		if loans, err = s.guard.Loans(t.Context(), anna); err != nil || loans[0].Renewals != 1 {
			t.Errorf("%+v, %v", loans, err)
		}
	})
}

func TestAConnectorThatLooksWhatBecameOfARenewalIsHeard(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(func(ctx context.Context) error {
			<-ctx.Done()
			<-time.After(3 * time.Second)
			return nil
		})
		if loan, err := s.guard.Renew(t.Context(), anna, "1", calendar.Date{}); err != nil || loan.Renewals != 1 {
			t.Errorf("%+v, %v", loan, err)
		}
	})
}

func TestManyWhoAskTheSameAtOnceAreOneCall(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(after(time.Second, nil))
		hasty, leave := context.WithTimeout(t.Context(), time.Millisecond)
		defer leave()
		var all sync.WaitGroup
		all.Go(func() { // the first to ask is the first to leave
			if _, err := s.guard.Loans(hasty, anna); problem.KindOf(err) != problem.Unavailable {
				t.Error(err)
			}
		})
		synctest.Wait()
		for range 100 {
			all.Go(func() {
				loans, err := s.guard.Loans(t.Context(), anna)
				if err != nil || len(loans) != 1 {
					t.Errorf("%+v, %v", loans, err)
				}
				loans[0].Title = "" // would be seen by -race
			})
		}
		all.Wait()
		if s.count() != 1 {
			t.Errorf("%d calls", s.count())
		}
	})
}

func TestWhenEverybodyHasLeftTheCallIsStoppedAndIsNoFailure(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(after(time.Hour, nil))
		for range 20 {
			ctx, leave := context.WithTimeout(t.Context(), time.Second)
			if _, err := s.guard.Loans(ctx, anna); problem.KindOf(err) != problem.Unavailable {
				t.Error(err)
			}
			leave()
		}
		synctest.Wait()
		if now := s.guard.State(); now.Away || now.Asking != 0 {
			t.Errorf("it is %+v", now)
		}
	})
}

func TestARenewalIsNotCutOffWhenTheMemberLeaves(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(after(3*time.Second, nil))
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if loan, err := s.guard.Renew(ctx, anna, "1", calendar.Date{}); err != nil || loan.Renewals != 1 {
			t.Errorf("%+v, %v", loan, err)
		}
		if _, err := s.guard.Renew(ctx, anna, "1", calendar.Date{}); problem.KindOf(err) != problem.Unavailable || s.loans != 1 {
			t.Errorf("who has left begins nothing: %v", err)
		}
	})
}

func TestAPanicIsAFailureAndTellsNothingPrivate(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		for _, what := range []any{"De avonden", errors.New("De avonden")} {
			s.will(func(context.Context) error { panic(what) })
			wantAway(t, s.read(t, anna))
			_, err := s.guard.Renew(t.Context(), anna, "1", calendar.Date{})
			wantAway(t, err)
		}
		s.will(func(context.Context) error {
			var none []int
			_ = none[s.loans] // an index out of range
			return nil
		})
		wantAway(t, s.read(t, anna))
		if log := s.log.String(); !strings.Contains(log, "index out of range") || strings.Contains(log, "avonden") {
			t.Errorf("the log says %s", log)
		}
	})
}

func TestAnErrorOfNoKindIsAway(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(say(errors.New("unexpected end of JSON input")))
		wantAway(t, s.read(t, anna))
		if !strings.Contains(s.log.String(), "unexpected end of JSON input") || !strings.Contains(s.log.String(), "call=loans") {
			t.Errorf("the log says %s", s.log)
		}
	})
}

func TestOnlySoManyAnswersAreKept(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		for i := range 6000 {
			if err := s.read(t, number(strconv.Itoa(i))); err != nil {
				t.Fatal(err)
			}
		}
		if n := s.guard.State().Kept; n != 5000 {
			t.Errorf("%d are kept", n)
		}
	})
}

func TestWhoTakesMoneyReadsWhatIsOwedNow(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		_, _ = s.guard.Fees(t.Context(), anna)
		s.settled = true // at the library's own counter
		if fees, err := s.guard.Fees(t.Context(), anna); err != nil || len(fees) != 1 {
			t.Fatalf("%+v, %v", fees, err)
		}
		if fees, err := s.guard.Fresh().Fees(t.Context(), anna); err != nil || len(fees) != 0 {
			t.Errorf("%+v, %v", fees, err)
		}
		if fees, err := s.guard.Fees(t.Context(), anna); err != nil || len(fees) != 0 || s.count() != 2 {
			t.Errorf("the others: %+v, %v, asked %d times", fees, err, s.count())
		}
	})
}

type finds struct{ *scripted }

func (f finds) FindCards(ctx context.Context, _ string, limit int) ([]card.Card, error) {
	return make([]card.Card, limit), f.call(ctx)
}

type keyed struct{ *scripted }

func (k keyed) CardByKey(ctx context.Context, key string) (card.Card, bool, error) {
	return card.Card{Key: key}, true, k.call(ctx)
}

type both struct {
	*scripted
	finds
	keyed
}

// All of these are the same of a scripted system and of its add-ons.
func (b both) Card(ctx context.Context, n card.Number) (card.Card, bool, error) {
	return b.scripted.Card(ctx, n)
}

func TestACardCanBeFoundByNameOnlyWhereTheSystemCan(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		o := guard.Options{Timeout: limit, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		for name, c := range map[string]struct {
			of           guard.Connector
			finds, keyed bool
		}{
			"neither": {s.scripted, false, false}, "finds": {finds{s.scripted}, true, false},
			"keyed": {keyed{s.scripted}, false, true}, "both": {both{scripted: s.scripted, finds: finds{s.scripted}, keyed: keyed{s.scripted}}, true, true},
		} {
			g := guard.New(c.of, o)
			cards := g.Cards()
			f, ok := cards.(account.Finder)
			if ok != c.finds {
				t.Errorf("%s: finds %t", name, ok)
			}
			if ok {
				if got, err := f.FindCards(t.Context(), "anna", 3); err != nil || len(got) != 3 {
					t.Errorf("%s: %v, %v", name, got, err)
				}
			}
			k, ok := cards.(account.Keyed)
			if ok != c.keyed {
				t.Errorf("%s: keyed %t", name, ok)
			}
			if ok {
				if got, _, err := k.CardByKey(t.Context(), "17"); err != nil || got.Key != "17" {
					t.Errorf("%s: %v, %v", name, got, err)
				}
			}
			if got, ok, err := cards.Card(t.Context(), anna); err != nil || !ok || got.Number != anna {
				t.Errorf("%s: %v %t %v", name, got, ok, err)
			}
			s.will(say(down()))
			for range 5 {
				_, _, err := cards.Card(t.Context(), anna)
				wantAway(t, err)
			}
			s.will(nil)
			if c.finds {
				_, err := f.FindCards(t.Context(), "anna", 3)
				wantAway(t, err)
			}
		}
	})
}

func TestWhoTriesItAndLeavesDoesNotKeepItFromBeingTriedByOthers(t *testing.T) {
	inTime(t, func(t *testing.T, s stage) {
		s.will(say(down()))
		for range 5 {
			wantAway(t, s.read(t, anna))
		}
		pass(10*time.Second + 1)
		s.will(after(time.Hour, nil))
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		_, err := s.guard.Loans(ctx, anna) // the one that tries it
		wantAway(t, err)
		synctest.Wait()
		pass(time.Second)
		s.will(nil)
		if err := s.read(t, bert); err != nil || s.guard.State().Away {
			t.Errorf("it is not tried any more: %v, %+v", err, s.guard.State())
		}
	})
}
