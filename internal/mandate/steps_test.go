package mandate

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

// The people of these tests, and nobody.
const (
	asker    card.ID = 1
	other    card.ID = 2
	stranger card.ID = 3
	nobody   card.ID = 0
)

var (
	states = []State{Requested, Active, Declined, Withdrawn, Expired, Ended}
	acts   = []Act{Request, Confirm, Decline, Withdraw, End, Expire, Close, "", "delete"}
	noon   = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
)

// between is a mandate that the asker started from the side; the other is
// unknown to us when what was typed matched nobody.
func between(side Side, state State, matched bool) Mandate {
	from, to := card.Holder{ID: asker}, card.Holder{ID: other}
	if !matched {
		to = card.Holder{}
	}
	m := Mandate{ID: 7, Scope: Renew, Starter: side, State: state, Grantor: from, Grantee: to}
	if side == Grantee {
		m.Grantor, m.Grantee = to, from
	}
	return m
}

// whatMayHappen is the table once more, by hand: state, act, whose step, state
// after it. Everything else must be refused.
var whatMayHappen = map[State]map[Act]map[card.ID]State{
	Requested: {
		Confirm:  {other: Active},
		Decline:  {other: Declined},
		Withdraw: {asker: Withdrawn},
		Expire:   {nobody: Expired},
		Close:    {nobody: Expired},
	},
	Active: {
		End:    {asker: Ended, other: Ended},
		Expire: {nobody: Expired},
		Close:  {nobody: Ended},
	},
}

func TestWhatIsNotInTheTableCannotHappen(t *testing.T) {
	t.Parallel()
	for _, side := range []Side{Grantor, Grantee} {
		for _, state := range states {
			for _, act := range acts {
				for _, who := range []card.ID{asker, other, stranger, nobody} {
					m := between(side, state, true)
					next, err := m.take(act, who, noon)
					want, may := whatMayHappen[state][act][who]
					if !may {
						kind, reason := problem.Conflict, ReasonStep
						if who == stranger {
							kind, reason = problem.NotFound, ReasonNotFound
						}
						if next != m || problem.KindOf(err) != kind || !problem.Has(err, reason) {
							t.Errorf("%s, %s, started as %s: %d got %v, %v", state, act, side, who, next.State, err)
						}
						continue
					}
					m.State = want
					if want == Active {
						m.ConfirmedAt = noon
					} else {
						m.ClosedAt = noon
					}
					if next != m || err != nil {
						t.Errorf("%s, %s, started as %s: %d got %+v, %v", state, act, side, who, next, err)
					}
				}
			}
		}
	}
}

func TestAnUnmatchedRequestCanOnlyBeWithdrawnOrRunOut(t *testing.T) {
	t.Parallel()
	for _, side := range []Side{Grantor, Grantee} {
		for _, act := range acts {
			for _, who := range []card.ID{asker, other, stranger, nobody} {
				m := between(side, Requested, false)
				_, err := m.take(act, who, noon)
				may := act == Withdraw && who == asker || (act == Expire || act == Close) && who == nobody
				if (err == nil) != may {
					t.Errorf("%s, started as %s: %d got %v", act, side, who, err)
				}
			}
		}
	}
}

func TestButtonsAreOfferedForExactlyTheStepsThatCanBeTaken(t *testing.T) {
	t.Parallel()
	for _, side := range []Side{Grantor, Grantee} {
		for _, state := range states {
			for _, matched := range []bool{true, false} {
				for _, who := range []card.ID{asker, other, stranger, nobody} {
					m := between(side, state, matched)
					offered := m.Acts(who)
					for _, act := range acts {
						_, err := m.take(act, who, noon)
						if can := err == nil && who != nobody; can != slices.Contains(offered, act) {
							t.Errorf("%s, started as %s: %s can be taken by %d: %v, offered %v", state, side, act, who, can, offered)
						}
					}
				}
			}
		}
	}
}

// TestAWalkOverTheTable lets everybody try everything on one mandate.
func TestAWalkOverTheTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.SampledFrom([]Side{Grantor, Grantee}).Draw(t, "side")
		matched := rapid.Bool().Draw(t, "matched")
		m := between(side, Requested, matched)
		m.RequestedAt = noon
		now, confirmed, over := noon, false, false
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Minute)
			act := rapid.SampledFrom(acts).Draw(t, "act")
			who := rapid.SampledFrom([]card.ID{asker, other, stranger, nobody}).Draw(t, "who")
			before := m
			var err error
			m, err = m.take(act, who, now)
			if err != nil {
				if m != before {
					t.Fatalf("a refused step changed the mandate: %+v", m)
				}
				continue
			}
			if over {
				t.Fatalf("a mandate that was over moved on to %s", m.State)
			}
			confirmed = confirmed || act == Confirm && who == other
			over = m.State != Requested && m.State != Active
			if m.State == Active && (!confirmed || !matched) {
				t.Fatal("active without the other's consent")
			}
			if m.ConfirmedAt.IsZero() == confirmed || m.ClosedAt.IsZero() == over {
				t.Fatalf("confirmed %v, over %v, but %+v", confirmed, over, m)
			}
			if m.Grantor != before.Grantor || m.Grantee != before.Grantee || m.Scope != before.Scope || m.Starter != before.Starter {
				t.Fatalf("a step changed whose mandate it is: %+v", m)
			}
		}
	})
}
