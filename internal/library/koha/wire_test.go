package koha

import (
	"encoding/json"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func amsterdam(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestADueDateIsADayInTheLibrary(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-29T23:59:00+01:00": "2026-11-29", "2026-07-29T23:59:00+02:00": "2026-07-29", "2026-11-29T22:59:00Z": "2026-11-29",
		"2026-11-29T23:59:00Z": "2026-11-30", "2026-11-29": "2026-11-29", "2026-11-29 23:59:00": "2026-11-29",
		"2026-11-29T23:59:00": "2026-11-29", "2026-11-29T23:59:00.123+01:00": "2026-11-29",
		"2026-10-25T02:30:00+02:00": "2026-10-25", "2026-10-25T02:30:00+01:00": "2026-10-25", // twice that night
		"": "", "null": "", "2026-02-30": "", "29-11-2026": "", "0000-00-00": "", "9999-12-31T23:59:00Z": "",
		"99999-01-01": "", "2026-11-29T25:00:00Z": "",
	} {
		if got := day(text, amsterdam(t)).String(); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestAmountsAreReadExactly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0.3": "0.30", "14": "14.00", "1.15": "1.15", "0": "0.00", "0.07": "0.07", "1e2": "100.00", "1E2": "100.00", "1.5e-1": "0.15",
		"-5": "-5.00", "-0.01": "-0.01", "14.340000000000002": "14.34", "0.30000000000000004": "0.30", "1000000000000": "1000000000000.00",
		"0.005": "", "-0.005": "", "98.045": "", "0.000001": "", "1,50": "", "abc": "", "": "", "1e400": "", "1e31": "", "1e-31": "",
		"--1": "", "1/2": "", "0x10": "", "1_000": "", "NaN": "", "Inf": "", "1e": "", "1e+": "", "99999999999999999999": "",
		"0.00999999999999999999999999999999999999999": "",
	} {
		got, err := amount(text).cents()
		if (err == nil) != (want != "") || (err == nil && got.String() != want) {
			t.Errorf("%q is %s, %v, want %q", text, got, err, want)
		}
	}
}

// An amount is read as what it is, to six decimals, or not at all.
func FuzzAmount(f *testing.F) {
	for _, text := range []string{"0.3", "14", "1.50", "0.005", "-0.005", "98.045", "1e12", "1e-7", "-", "1e999", "14.340000000000002"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := amount(text).cents()
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%q is no number and is %s", text, got)
		}
		off := exact.Sub(exact, big.NewRat(int64(got), 100))
		if off.Abs(off).Cmp(big.NewRat(1, 2_000_000)) > 0 {
			t.Errorf("%q is %s", text, got)
		}
	})
}

func FuzzDay(f *testing.F) {
	for _, text := range []string{"2026-11-29T23:59:00-05:00", "2026-11-29", "2026-11-29 23:59:00", "", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"} {
		f.Add(text)
	}
	zone := amsterdam(f)
	f.Fuzz(func(t *testing.T, text string) {
		if d := day(text, zone); !d.IsZero() && (d.Year() < 1 || d.Year() > 9999) {
			t.Errorf("%q is %s", text, d)
		}
	})
}

// What cannot be read is an error, and nothing is a panic.
func FuzzAnswers(f *testing.F) {
	for _, said := range []string{
		`[{"patron_id":1,"cardnumber":"1"}]`, `[{"checkout_id":"1","renewals":[1],"item":{"biblio":{"title":"x"}}}]`,
		`{"outstanding_debits":{"lines":[{"amount_outstanding":0.3}]}}`, `{"error":"Renewal not authorized (too_many)"}`,
		`{"errors":[{"path":"/body"}]}`, `{"paths":{"/patrons":{"get":{"parameters":[{"$ref":"#/paths/~1patrons"}]}}}}`, `nul`, `[`,
	} {
		f.Add([]byte(said))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		var patrons []patron
		var checkouts []checkout
		var b balance
		var d map[string]json.RawMessage
		if read(said, &patrons) == nil {
			for _, p := range patrons {
				_ = p.name()
			}
		}
		if read(said, &checkouts) == nil {
			for _, c := range checkouts {
				_ = c.renewals()
			}
		}
		if read(said, &b) == nil {
			for _, l := range b.Debits.Lines {
				_, _ = l.Outstanding.cents() // either is fine
			}
		}
		if read(said, &d) == nil {
			_ = (&System{}).abilities(described(d))
		}
		_ = refused("GET /patrons", 403, said).Error()
		if !json.Valid(said) && read(said, &patrons) == nil {
			t.Error("what is no JSON was read")
		}
	})
}

func TestWhatKohaSaysNoWith(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]refusal{
		`{"error":"Renewal not authorized (too_many)"}`:                                   {code: "too_many", ruled: true},
		`{"error":"Renewal not authorized ()"}`:                                           {ruled: true},
		`{"error":"Renewal not authorized (HASH(0x55))"}`:                                 {ruled: true},
		`{"error":"Invalid password","required_permissions":null}`:                        {},
		`{"error":"No.","required_permissions":{"circulate":"x_y","borrowers":"1"}}`:      {needs: []string{"borrowers=1", "circulate=x_y"}},
		`{"error":"No.","required_permissions":[{"circulate":"aa"},{"circulate":"bb"}]}`:  {needs: []string{"circulate=aa", "circulate=bb"}},
		`{"error":"No.","required_permissions":{"Anna Lindqvist":"20001 x"}}`:             {},
		`{"error":"Patron Anna (20001)","error_code":"not_found"}`:                        {code: "not_found", ruled: true},
		`{"errors":[{"message":"Anna","path":"/body/amount"},{"path":"Anna Lindqvist"}]}`: {where: []string{"/body/amount"}},
		`<html>`: {},
	} {
		want.call, want.status = "GET /patrons", 403
		var got *refusal
		if !errors.As(refused("GET /patrons", 403, []byte(said)), &got) {
			t.Fatal(said)
		}
		if diff := cmp.Diff(want, *got, cmp.AllowUnexported(refusal{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", said, diff)
		}
	}
}
