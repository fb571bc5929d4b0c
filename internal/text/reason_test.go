package text_test

import (
	"strings"
	"testing"

	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
)

// Not every library system says how often, how much or until when.
func TestAReasonAgainstARenewalIsToldWithoutItsNumberToo(t *testing.T) {
	t.Parallel()
	texts := load(t)
	for _, r := range []problem.Reason{
		circulation.ReasonReserved, circulation.ReasonTooOften, circulation.ReasonFees, circulation.ReasonCardExpired,
		circulation.ReasonCardBlocked, circulation.ReasonTooSoon, circulation.ReasonNotAllowed, circulation.ReasonUnsure,
	} {
		for _, l := range []text.Language{text.Dutch, text.English} {
			got := texts.In(l).Problem(problem.New(problem.Refused, r, nil))
			if strings.Contains(got, "<no value>") || strings.Contains(got, "  ") || len(got) < 20 {
				t.Errorf("%s, %s: %q", r, l, got)
			}
		}
	}
	nl := texts.In(text.Dutch)
	got := nl.Problem(problem.New(problem.Refused, circulation.ReasonTooOften, problem.Args{"max": 2}))
	if !strings.Contains(got, "2 keer") {
		t.Errorf("got %q", got)
	}
}
