package till_test

import (
	"context"
	"strings"
	"testing"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/till"
)

func TestADeskHasOneShiftAtATime(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := t.Context()
	first := w.open(centrum1, 10000)
	if again := w.open(centrum1, 10000); again.ID != first.ID || !again.Again {
		t.Errorf("the same wish twice opened %+v", again)
	}
	_, err := w.drawer.Open(ctx, "Bart", centrum1, 10000)
	wantReason(t, err, problem.Conflict, till.ReasonOpen)
	if p := problem.Of(err)[0]; p.Args["by"] != "Bea" {
		t.Errorf("it says %v", p.Args)
	}
	_, err = w.drawer.Open(ctx, "Bea", centrum1, 9000)
	wantReason(t, err, problem.Conflict, till.ReasonOpen)
	w.open(centrum2, 0)
	_, err = w.drawer.Open(ctx, "Bea", till.Place{Branch: "Centrum", Desk: "Kelder"}, 0)
	wantReason(t, err, problem.NotFound, till.ReasonNotFound)
	_, err = w.drawer.Open(ctx, "Bea", oost, till.Most+1)
	wantReason(t, err, problem.Invalid, till.ReasonAmount)
}

func TestADeskThatIsConfiguredNoMoreCanStillBeClosed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		s := w.open(oost, 5000)
		w.drawer.Places = w.drawer.Places[:1]
		desks, err := w.drawer.Desks(t.Context())
		must(t, err)
		if len(desks) != 2 || desks[1].Place != oost || desks[1].Shift.ID != s.ID || desks[0].IsOpen() {
			t.Errorf("the desks are %+v", desks)
		}
		if _, err := w.drawer.Close(t.Context(), "Bea", s.ID, w.right(s)); err != nil {
			t.Error(err)
		}
		if desks, err = w.drawer.Desks(t.Context()); err != nil || len(desks) != 1 {
			t.Errorf("the desks are %+v, %v", desks, err)
		}
	})
}

func TestTheFirstDrawerIsFilledFromTheSafeAndEveryNextOneHoldsWhatWasLeft(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		first := w.open(centrum1, 10000)
		if first.OpeningDifference() != 0 || w.balances()[ledger.Safe("Centrum")] != -10000 || w.balances()[cashOf(centrum1)] != 10000 {
			t.Errorf("the first shift is %+v, the ledger %v", first, w.balances())
		}
		_, err := w.drawer.Close(t.Context(), "Bea", first.ID, w.right(first))
		must(t, err)
		second := w.open(centrum1, 9950)
		if second.OpeningExpected != 10000 || second.OpeningDifference() != -50 {
			t.Errorf("the second shift is %+v", second)
		}
		if b := w.balances(); b[cashOf(centrum1)] != 9950 || b[ledger.Differences("Centrum")] != 50 {
			t.Errorf("the ledger is %v", b)
		}
	})
}

func TestADayAtTheTill(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		s := w.open(centrum1, 10000)
		p := w.take(s, 1823, payment.Cash)
		if p.Received != 1825 || p.Rounding != 2 || p.Till != s.Till() || p.Receipt.String() != "Centrum 2026-000001" {
			t.Errorf("the payment is %+v", p)
		}
		w.take(s, 777, payment.PIN)
		r, err := w.drawer.PayBack(ctx, s.ID, payment.RefundWish{
			Payment: p.ID, Lines: []int{0}, Means: payment.Cash, Note: "dubbel", Key: "terug", Staff: "Bea",
		})
		must(t, err)
		if r.Amount != 1823 || r.Rounding != 2 || r.Till != s.Till() || r.Receipt.String() != "Centrum 2026-000003" {
			t.Errorf("the refund is %+v", r)
		}
		w.take(s, 500, payment.Cash)
		for _, m := range []till.Move{
			{Kind: till.In, Amount: 2000, Reason: "wisselgeld", Key: "in"},
			{Kind: till.Out, Amount: 7000, Reason: "naar de kluis", Key: "uit"},
			{Kind: till.Out, Amount: 7000, Reason: "naar de kluis", Key: "uit"}, // sent twice
		} {
			if _, err := w.drawer.Move(ctx, "Bea", s.ID, m); err != nil {
				t.Error(err)
			}
		}
		sum := w.sum(s)
		if sum.Cash != 10000+500+2000-7000 || sum.PIN != 777 || sum.CashIn != 2325 || sum.CashBack != 1825 || len(sum.Movements) != 2 {
			t.Errorf("the sum is %+v", sum)
		}
		closed, err := w.drawer.Close(ctx, "Bart", s.ID, till.Count{
			Cash: 5400, PIN: 777, ExpectedCash: sum.Cash, ExpectedPIN: sum.PIN, Note: "een euro kwijt",
		})
		must(t, err)
		if closed.CashDifference() != -100 || closed.PINDifference() != 0 || closed.ClosedBy != "Bart" {
			t.Errorf("closed as %+v", closed)
		}
		b := w.balances()
		for account, want := range map[ledger.Account]int64{
			cashOf(centrum1): 5400, pinOf(centrum1): 777, ledger.Differences("Centrum"): 100, ledger.Safe("Centrum"): -10000 - 2000 + 7000,
			ledger.Roundings("Centrum"): 0, ledger.Fees(int64(w.member.Holder.ID)): -1277, ledger.Refunds(int64(w.member.Holder.ID)): 0,
		} {
			if int64(b[account]) != want {
				t.Errorf("%s holds %v, not %d", account, b[account], want)
			}
		}
		past, err := w.drawer.Past(ctx, centrum1, 10)
		must(t, err)
		if len(past) != 1 || past[0] != closed {
			t.Errorf("the desk's past is %+v, not %+v", past, closed)
		}
		if now := w.sum(s); now.Cash != 5500 || now.Shift != closed {
			t.Errorf("the report says %+v", now)
		}
	})
}

func TestAClosedShiftTakesNothingMore(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		s := w.open(centrum1, 0)
		wish := w.wish(300)
		paid, err := w.drawer.Take(ctx, s.ID, wish, payment.PIN)
		must(t, err)
		_, err = w.drawer.Close(ctx, "Bea", s.ID, w.right(s))
		must(t, err)

		_, err = w.drawer.Take(ctx, s.ID, w.wish(100), payment.Cash)
		wantReason(t, err, problem.Conflict, payment.ReasonShiftOver)
		_, err = w.drawer.PayBack(ctx, s.ID, payment.RefundWish{Payment: paid.ID, Lines: []int{0}, Means: payment.PIN, Note: "x", Staff: "Bea"})
		wantReason(t, err, problem.Conflict, payment.ReasonShiftOver)
		_, err = w.drawer.Move(ctx, "Bea", s.ID, till.Move{Kind: till.In, Amount: 1, Reason: "x", Key: w.key()})
		wantReason(t, err, problem.Conflict, payment.ReasonShiftOver)
		_, err = w.drawer.Take(ctx, 99, w.wish(100), payment.Cash)
		wantReason(t, err, problem.NotFound, till.ReasonNotFound)
		// A form that had been sent before the shift was closed is still answered.
		if again, err := w.drawer.Take(ctx, s.ID, wish, payment.PIN); err != nil || again.ID != paid.ID || !again.Again {
			t.Errorf("sent again: %+v, %v", again, err)
		}
	})
}

func TestADifferenceNeedsANote(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := t.Context()
	s := w.open(centrum1, 1000)
	count := till.Count{Cash: 990, ExpectedCash: 1000, Note: "  "}
	_, err := w.drawer.Close(ctx, "Bea", s.ID, count)
	wantReason(t, err, problem.Invalid, till.ReasonDifference)
	count.Note = strings.Repeat("x", 501)
	_, err = w.drawer.Close(ctx, "Bea", s.ID, count)
	wantReason(t, err, problem.Invalid, till.ReasonNoteLong)
	_, err = w.drawer.Close(ctx, "Bea", s.ID, till.Count{Cash: -1, PIN: till.Most + 1, Note: "x"})
	if len(problem.Of(err)) != 2 {
		t.Errorf("got %v", err)
	}
	count.Note = "geen idee"
	closed, err := w.drawer.Close(ctx, "Bea", s.ID, count)
	must(t, err)
	if again, err := w.drawer.Close(ctx, "Bea", s.ID, count); err != nil || !again.Again || again.ClosedAt != closed.ClosedAt {
		t.Errorf("closed twice: %+v, %v", again, err)
	}
	_, err = w.drawer.Close(ctx, "Bart", s.ID, count)
	wantReason(t, err, problem.Conflict, payment.ReasonShiftOver)
}

func TestMoneyThatCameSinceTheDifferenceWasShownIsSeenFirst(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		s := w.open(centrum1, 1000)
		count := w.right(s)
		w.take(s, 250, payment.PIN)
		_, err := w.drawer.Close(ctx, "Bea", s.ID, count)
		wantReason(t, err, problem.Conflict, till.ReasonChanged)
		if _, err := w.drawer.Close(ctx, "Bea", s.ID, w.right(s)); err != nil {
			t.Error(err)
		}
	})
}

func TestCashInAndOutNeedAnAmountAndAReason(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := t.Context()
	s := w.open(centrum1, 1000)
	for name, m := range map[string]struct {
		move   till.Move
		kind   problem.Kind
		reason problem.Reason
	}{
		"nothing":        {till.Move{Kind: till.In, Reason: "x", Key: "a"}, problem.Invalid, till.ReasonAmount},
		"below zero":     {till.Move{Kind: till.In, Amount: -5, Reason: "x", Key: "a"}, problem.Invalid, till.ReasonAmount},
		"far too much":   {till.Move{Kind: till.In, Amount: till.Most + 1, Reason: "x", Key: "a"}, problem.Invalid, till.ReasonAmount},
		"no reason":      {till.Move{Kind: till.In, Amount: 5, Reason: " ", Key: "a"}, problem.Invalid, till.ReasonWhy},
		"a novel":        {till.Move{Kind: till.In, Amount: 5, Reason: strings.Repeat("é", 501), Key: "a"}, problem.Invalid, till.ReasonWhy},
		"no key":         {till.Move{Kind: till.In, Amount: 5, Reason: "x"}, problem.Conflict, payment.ReasonKeyReused},
		"no way":         {till.Move{Kind: "cash_up", Amount: 5, Reason: "x", Key: "a"}, problem.Conflict, payment.ReasonKeyReused},
		"more than held": {till.Move{Kind: till.Out, Amount: 1001, Reason: "x", Key: "a"}, problem.Refused, till.ReasonNotEnough},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.drawer.Move(ctx, "Bea", s.ID, m.move)
			wantReason(t, err, m.kind, m.reason)
		})
	}
	_, err := w.drawer.Move(ctx, "Bea", s.ID, till.Move{Kind: till.Out, Amount: 1000, Reason: "x", Key: "b"})
	must(t, err)
	_, err = w.drawer.Move(ctx, "Bea", s.ID, till.Move{Kind: till.Out, Amount: 999, Reason: "x", Key: "b"})
	wantReason(t, err, problem.Conflict, payment.ReasonKeyReused)
	if got := w.sum(s).Cash; got != 0 {
		t.Errorf("the drawer holds %v", got)
	}
}

func TestWhatIsPaidBackInCashIsRoundedToo(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	ctx := t.Context()
	s := w.open(centrum1, 5000)
	p := w.take(s, 1232, payment.PIN)
	r, err := w.drawer.PayBack(ctx, s.ID, payment.RefundWish{Payment: p.ID, Lines: []int{0}, Means: payment.Cash, Note: "x", Staff: "Bea", Key: "k"})
	must(t, err)
	if r.Rounding != -2 || w.sum(s).Cash != 5000-1230 || w.sum(s).Rounding != 2 || w.balances()[ledger.Roundings("Centrum")] != -2 {
		t.Errorf("%+v; %+v; %v", r, w.sum(s), w.balances())
	}
	again, err := w.drawer.PayBack(ctx, s.ID, payment.RefundWish{Payment: p.ID, Lines: []int{0}, Means: payment.Cash, Note: "x", Staff: "Bea", Key: "k"})
	if err != nil || again.ID != r.ID || !again.Again {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	_, err = w.drawer.PayBack(ctx, s.ID, payment.RefundWish{Payment: p.ID, Lines: []int{7}, Means: payment.Cash, Note: "x", Staff: "Bea", Key: "l"})
	wantReason(t, err, problem.NotFound, payment.ReasonNotFound)
}

func TestNoSuchShift(t *testing.T) {
	t.Parallel()
	w := onSQLite(t)
	_, err := w.drawer.Sum(context.Background(), 7)
	wantReason(t, err, problem.NotFound, till.ReasonNotFound)
	_, err = w.drawer.Close(context.Background(), "Bea", 7, till.Count{})
	wantReason(t, err, problem.NotFound, till.ReasonNotFound)
	_, err = w.drawer.Move(context.Background(), "Bea", 7, till.Move{Kind: till.In, Amount: 1, Reason: "x", Key: "k"})
	wantReason(t, err, problem.NotFound, till.ReasonNotFound)
}
