package problem_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"hoofdpas/internal/problem"
)

func TestTheOutermostProblemIsForThePersonAndTheCauseForTheLog(t *testing.T) {
	t.Parallel()
	inner := problem.New(problem.NotFound, "inner", problem.Args{"name": "Marieke"})
	outer := problem.New(problem.Unavailable, "outer", nil).Because(inner)
	err := fmt.Errorf("read loans: %w", outer)
	if got := problem.Of(err); len(got) != 1 || got[0].Reason != "outer" || problem.KindOf(err) != problem.Unavailable {
		t.Errorf("got %v", got)
	}
	if !errors.Is(err, inner) || !strings.Contains(err.Error(), "inner") {
		t.Error("the cause is lost")
	}
	if strings.Contains(err.Error(), "Marieke") {
		t.Error("an argument stands in the log")
	}
}

func TestAListKeepsAllProblemsInOrder(t *testing.T) {
	t.Parallel()
	one, two := problem.New(problem.Invalid, "one", nil), problem.New(problem.Refused, "two", nil).At("field")
	err := fmt.Errorf("check: %w", problem.List{one, two}.Or())
	if got := problem.Of(err); len(got) != 2 || got[0] != one || got[1] != two {
		t.Errorf("got %v", got)
	}
	if !problem.Has(err, "two") || problem.Has(err, "three") || two.Field != "field" {
		t.Error("a reason is not found, or one that is not there is")
	}
	if (problem.List{}).Or() != nil || problem.Of(errors.New("ours")) != nil {
		t.Error("no problem is one")
	}
}
