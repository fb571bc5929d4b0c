package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/config"
	"hoofdpas/internal/till"
)

func TestDesksAreNamedByBranchAndDesk(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{Environ: []string{"HOOFDPAS_TILL_DESKS=Centrum/Balie 1, Oost / Balie"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	places, unit := c.Places()
	if diff := cmp.Diff([]till.Place{{Branch: "Centrum", Desk: "Balie 1"}, {Branch: "Oost", Desk: "Balie"}}, places); diff != "" || unit != 5 {
		t.Errorf("rounded to %d; %s", unit, diff)
	}
}
