package account_test

import (
	"context"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

// hanging is a library system that never answers.
type hanging struct{ t *testing.T }

func (h hanging) Card(ctx context.Context, _ card.Number) (card.Card, bool, error) {
	if until, ok := ctx.Deadline(); !ok || time.Until(until) > 5*time.Second {
		h.t.Error("who logs in waits for it")
	}
	return card.Card{}, false, problem.Away("circulation.away", "ask the library system", context.DeadlineExceeded)
}

func TestWhoHasAPasswordLogsInWhileTheLibrarySystemHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "20001000000012", "Marieke")
	w.Cards = hanging{t}
	if _, err := w.enter(t, "20001000000012", own); err != nil {
		t.Error(err)
	}
	w.library.gone = true
	if _, err := w.enter(t, "20001000000012", own); err != nil {
		t.Error(err)
	}
}
