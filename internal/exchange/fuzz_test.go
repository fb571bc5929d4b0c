package exchange

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
)

// readRows reads a file of fees without a store.
func readRows(t *testing.T, content []byte, encoding string) (rows []FeeRow, bad badRows) {
	t.Helper()
	table, err := openTable(tableSource{kind: Fees, name: "f.csv", content: bytes.NewReader(content), encoding: encoding}, &bad)
	if err != nil {
		t.Fatal(err)
	}
	if table == nil {
		return nil, bad
	}
	_, err = stageRows(t.Context(), table, feeRow, func(_ context.Context, some []FeeRow) error {
		rows = append(rows, some...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, bad
}

// Whatever the bytes, reading ends, and either something is bad or every row
// can be kept: what is not refused obeys the format.
func FuzzReading(f *testing.F) {
	for _, seed := range []string{
		"fee_id,card_number,kind,amount,charged_on,description\nF1,1,other,2.50,2026-11-01,a\n",
		"\xef\xbb\xbffee_id;card_number;kind;amount;charged_on\r\nF1;1;other;\"2,5\";01-11-2026\r\n",
		"fee_id,card_number,kind,amount,charged_on\n\"F\n1\",1,other,1.250,2026-11-01\n",
		"fee_id,card_number,kind,amount,charged_on\nF1,1,other,\"1,2026-11-01\nF2", "PK\x03\x04", "\xff\xfe", "\r", "", "\n\n",
		"fee_id,card_number,kind,amount,charged_on\nF1,\xe9,other,9223372036854775807,9999-12-31\n",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, content []byte, western bool) {
		encoding := UTF8
		if western {
			encoding = Windows1252
		}
		rows, bad := readRows(t, content, encoding)
		if len(bad.rows) > maxBadRows || (bad.count == 0) != (len(bad.rows) == 0) {
			t.Fatalf("%d faults told of %d", len(bad.rows), bad.count)
		}
		for _, b := range bad.rows {
			if b.File != "f.csv" || b.Line < 1 || b.Reason == "" || !utf8.ValidString(b.Reason) {
				t.Fatalf("a fault without a place: %+v", b)
			}
		}
		if bad.count > 0 {
			return
		}
		for _, r := range rows {
			if r.Line < 2 || r.Holder.IsZero() || r.Fee.ID == "" || r.Fee.Amount <= 0 || r.Fee.Amount > maxCents || r.Fee.ChargedOn.IsZero() {
				t.Fatalf("a row that cannot be kept: %+v", r)
			}
			for _, text := range []string{string(r.Fee.ID), r.Fee.Description, r.Fee.Item} {
				if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text {
					t.Fatalf("a text that cannot be kept: %q", text)
				}
			}
		}
	})
}

// What is written in one dialect is read as it was meant, in all of them.
func TestAnyFeeIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[a-zA-Zéß0-9 ",;|'€]{0,12}`)
	rapid.Check(t, func(rt *rapid.T) {
		var want []circulation.Fee
		dutch, comma, crlf := rapid.Bool().Draw(rt, "dutch"), rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(rt, "comma"), rapid.Bool().Draw(rt, "crlf")
		records := [][]string{{"description", "amount", "charged_on", "fee_id", "kind", "card_number"}}
		for range rapid.IntRange(0, 5).Draw(rt, "rows") {
			fee := circulation.Fee{
				ID:          circulation.FeeID(rapid.StringMatching(`[a-z0-9/,;"]{1,8}`).Draw(rt, "id")),
				Description: strings.TrimSpace(text.Draw(rt, "description")),
				Kind:        rapid.SampledFrom(circulation.FeeKinds).Draw(rt, "kind"),
				Amount:      money.Cents(rapid.Int64Range(1, maxCents).Draw(rt, "amount")),
				ChargedOn:   anyDate(rt),
			}
			want = append(want, fee)
			amount, on := fee.Amount.String(), fee.ChargedOn.String()
			if rapid.Bool().Draw(rt, "decimal comma") {
				amount = strings.Replace(amount, ".", ",", 1)
			}
			amount += strings.Repeat("0", rapid.SampledFrom([]int{0, 2, 4}).Draw(rt, "zeros"))
			if dutch {
				on = on[8:] + on[4:8] + on[:4]
			}
			records = append(records, []string{fee.Description, amount, on, string(fee.ID), string(fee.Kind), "1"})
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma, w.UseCRLF = comma, crlf
		if err := w.WriteAll(records); err != nil {
			rt.Fatal(err)
		}
		rows, bad := readRows(t, b.Bytes(), UTF8)
		if bad.count > 0 || len(rows) != len(want) {
			rt.Fatalf("read %d rows of %d, %v", len(rows), len(want), bad.rows)
		}
		for i, r := range rows {
			if r.Fee != want[i] {
				rt.Fatalf("read %+v, want %+v", r.Fee, want[i])
			}
		}
	})
}

func anyDate(rt *rapid.T) calendar.Date {
	d, err := calendar.New(rapid.IntRange(1, 9999).Draw(rt, "year"), rapid.IntRange(1, 12).Draw(rt, "month"), rapid.IntRange(1, 28).Draw(rt, "day"))
	if err != nil {
		rt.Fatal(err)
	}
	return d
}

// Amounts in a file are never read as another amount: what is read, written and
// read again is the same, and equals what the digits say.
func FuzzAmount(f *testing.F) {
	for _, seed := range []string{"2.50", "2,5", "1.250", "0", "1e3", "2.500000", "92233720368547758.07", "1.2.3", "٣", "-1", "+1", " 1 ", "1_0", ".5", "5."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := money.Parse(text)
		if err != nil {
			if !errors.Is(err, money.ErrNotAmount) && !errors.Is(err, money.ErrOverflow) {
				t.Fatal(err)
			}
			return
		}
		if again, err := money.Parse(c.String()); err != nil || again != c {
			t.Fatalf("%q is %s, and that is %s, %v", text, c, again, err)
		}
		whole, decimals, _ := strings.Cut(strings.Replace(strings.TrimSpace(text), ",", ".", 1), ".")
		if strings.TrimLeft(whole+(decimals + "00")[:2], "0") != strings.TrimLeft(strings.ReplaceAll(c.String(), ".", ""), "0") ||
			strings.Trim(decimals[min(2, len(decimals)):], "0") != "" {
			t.Fatalf("%q was read as %s", text, c)
		}
	})
}

func TestTheEndOfAFileIsNotAnError(t *testing.T) {
	t.Parallel()
	var bad badRows
	table, err := openTable(tableSource{kind: Fees, name: "f.csv", content: strings.NewReader(
		"fee_id,card_number,kind,amount,charged_on")}, &bad)
	if err != nil || table == nil {
		t.Fatalf("got %v, %v", err, bad.rows)
	}
	if err := table.next(); !errors.Is(err, io.EOF) || bad.count > 0 {
		t.Errorf("got %v, %v", err, bad.rows)
	}
}
