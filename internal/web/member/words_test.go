package member

import (
	"strconv"
	"testing"
	"time"

	"hoofdpas/internal/account"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/text"
)

// TestEveryKeyThatIsPutTogetherHasAText covers the keys that the pages make
// from a state, an act or a kind: the test of the catalogues cannot see them.
func TestEveryKeyThatIsPutTogetherHasAText(t *testing.T) {
	t.Parallel()
	texts, err := text.Load(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	add := func(parts ...string) {
		key := "member."
		for _, p := range parts {
			key += p
		}
		keys = append(keys, key)
	}
	for _, s := range mandate.Steps {
		add("state_", string(s.From))
		add("state_", string(s.To))
		add("log_", string(s.Act))
		if path, ok := paths[s.Act]; ok {
			if path == "" {
				t.Errorf("act %s has no address", s.Act)
			}
			add("act_", string(s.Act))
			add("done_", string(s.Act))
		} else if s.By == mandate.ByStarter || s.By == mandate.ByOther || s.By == mandate.ByEither {
			t.Errorf("members may %s, and there is no button for it", s.Act)
		}
	}
	add("log_", string(mandate.Request))
	for _, s := range mandate.Scopes {
		for _, prefix := range []string{"scope_", "verb_"} {
			add(prefix, string(s))
		}
		add("scope_", string(s), "_hint")
		add("means_", string(s), "_you")
		add("means_", string(s), "_other")
	}
	for _, phase := range []string{"may", "might", "want", "wanted", "offer", "offered"} {
		add(phase, "_you")
		add(phase, "_other")
	}
	for _, s := range account.AppScopes() {
		add("app_", string(s))
	}
	for _, months := range mandate.Terms {
		add("term_", strconv.Itoa(months))
	}
	for _, kind := range circulation.FeeKinds {
		add("fee_", string(kind))
	}
	for _, s := range payment.Steps {
		for _, state := range []payment.State{s.From, s.To} {
			add("payment_", string(state))
			add("payment_", string(state), "_text")
			add("paid_state_", string(state))
		}
	}
	for _, s := range standings {
		add("payment_", string(s))
		add("payment_", string(s), "_text")
		add("paid_state_", string(s))
	}
	for _, r := range []payment.Returned{payment.ByRefund, payment.ByChargeback} {
		add("line_", string(r))
	}
	for _, m := range []payment.Means{payment.Online, payment.Cash, payment.PIN, payment.WriteOff} {
		add("back_done_", string(m))
	}
	for _, d := range []mandate.Deed{mandate.Refunded, mandate.ChargedBack} {
		add("log_", string(d))
	}
	for _, m := range []payment.Means{payment.Online, payment.Cash, payment.PIN, payment.Kiosk} {
		add("means_", string(m))
	}
	for _, lang := range text.Languages {
		for _, key := range keys {
			if !texts.In(lang).Has(key) {
				t.Errorf("%s: %s has no text", lang, key)
			}
		}
	}
}
