package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"hoofdpas/internal/exchange"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// What the files of TestEveryWayToWriteAFileLoads say.
const (
	theCards = "card_number,name,birth_date,email,category,branch,expires_on,blocked\n" +
		"1,\"Renée \"\"Ré\"\" Łącki; jr.\",2000-01-31,,adult,,2030-12-31,yes\n"
	theFees = "fee_id,card_number,kind,description,amount,charged_on,item_number\nF1,1,lost,,2.50,2026-11-01,\n"
)

func TestEveryWayToWriteAFileLoads(t *testing.T) {
	t.Parallel()
	latin := func(utf8 string) string {
		s, err := charmap.Windows1252.NewEncoder().String(utf8)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	plain := "card_number,name,birth_date,expires_on,blocked,category\n1,\"Renée \"\"Ré\"\" Łącki; jr.\",2000-01-31,2030-12-31,yes,adult\n"
	western := strings.ReplaceAll(plain, "Łącki", "Lacki")
	for _, c := range []struct {
		name, cards, encoding, want string
	}{
		{"as it is meant", plain, "", theCards},
		{"with a mark", "\xef\xbb\xbf" + plain, "", theCards},
		{"with a mark, whatever is said", "\xef\xbb\xbf" + plain, exchange.Windows1252, theCards},
		{"said to be UTF-8", plain, exchange.UTF8, theCards},
		{"Windows line ends", strings.ReplaceAll(plain, "\n", "\r\n"), "", theCards},
		{"no line end at the end", strings.TrimSuffix(plain, "\n"), "", theCards},
		{"empty lines", strings.ReplaceAll(plain, "\n", "\n\n,,,,,\n"), "", theCards},
		{"Windows-1252", latin(western), exchange.Windows1252, strings.ReplaceAll(theCards, "Łącki", "Lacki")},
		{
			"plain ASCII said to be Windows-1252", strings.NewReplacer("é", "e", "Łą", "La").Replace(plain), exchange.Windows1252,
			strings.NewReplacer("é", "e", "Łą", "La").Replace(theCards),
		},
		{"semicolons", "card_number;name;birth_date;expires_on;blocked;category\n1;\"Renée \"\"Ré\"\" Łącki; jr.\";2000-01-31;2030-12-31;yes;adult\n", "", theCards},
		{"as a Dutch Excel saves it", "\xef\xbb\xbfcard_number;name;birth_date;expires_on;blocked;category\r\n1;\"Renée \"\"Ré\"\" Łącki; jr.\";31-01-2000;31-12-2030;JA;adult\r\n", "", theCards},
		{"tabs", "card_number\tname\tbirth_date\texpires_on\tblocked\tcategory\n1\t\"Renée \"\"Ré\"\" Łącki; jr.\"\t2000-01-31\t2030-12-31\t1\tadult\n", "", theCards},
		{
			"another order, capitals and spaces", " Category ,BLOCKED,name,Card_Number,expires_on,birth_date\nadult , True ,\" Renée \"\"Ré\"\" Łącki;\n jr. \",1,2030-12-31,2000-01-31\n", "",
			strings.ReplaceAll(theCards, "; jr.", ";  jr."),
		},
		{"a quoted header", `"card_number","name","birth_date","expires_on","blocked","category"` + "\n" + strings.SplitN(plain, "\n", 2)[1], "", theCards},
		{"a column without a name at the end", strings.ReplaceAll(plain, "\n", ",\n"), "", theCards},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := storetest.SQLite(t)
			o := options()
			o.Encoding = c.encoding
			sum, err := exchange.Import(t.Context(), s, files(c.cards, "", ""), o)
			if err != nil {
				t.Fatal(err)
			}
			if len(sum.Notes) > 0 {
				t.Errorf("got notes %q", sum.Notes)
			}
			_, content := export(t, s)
			if diff := cmp.Diff(c.want, content["cards.csv"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAmountsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, amount := range []string{"2.50", "2.5", `"2,50"`, `"2,5"`, "2.500000", `"2,5000"`, "02.50", " 2.50 "} {
		s := storetest.SQLite(t)
		mustImport(t, s, files(goodCards, "", feesHead+"F1,1,LOST,"+amount+",01-11-2026,\n"))
		if _, content := export(t, s); content["fees.csv"] != theFees {
			t.Errorf("%s: got %s", amount, content["fees.csv"])
		}
	}
}

func TestUTF8SaidToBeWindows1252IsRefused(t *testing.T) {
	t.Parallel()
	o := options()
	o.Encoding = exchange.Windows1252
	for _, c := range []struct{ cards, want string }{
		{"card_number,name\n1,Renée\n", "cards.csv, line 1: the file is in UTF-8; import it without --encoding windows-1252"},
		{"card_number,name\n1," + strings.Repeat("a", 1999) + "\n2,é\n", "the file is in UTF-8"},
		{"card_number,name\n1,Ren\x81e\n", "cards.csv, line 2, column name: holds a byte that is no character in Windows-1252"},
	} {
		_, err := exchange.Import(t.Context(), storetest.SQLite(t), files(c.cards, "", ""), o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	o.Encoding = "latin-9"
	if _, err := exchange.Import(t.Context(), storetest.SQLite(t), files(goodCards, "", ""), o); err == nil {
		t.Error("an unknown encoding was taken")
	}
}

func TestColumnsAndCategoriesThatAreNotUsedAreNoted(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	sum := mustImport(t, s, files(
		"card_number,telefoon,name,Adres,category\n1,06,Ans,Straat 1,adult\n2,,Bo,,youth\n3,,Cor,,youth\n4,,Dirk,,x\n5,,Els,,\n",
		"", "fee_id,card_number,kind,amount,charged_on,x\nF1,1,other,1,2026-11-01,y\n"))
	want := []string{
		`cards.csv: column "telefoon" is not used`, `cards.csv: column "Adres" is not used`, `fees.csv: column "x" is not used`,
		`1 card has category "x", which has no rules in the configuration: default rules apply`,
		`2 cards have category "youth", which has no rules in the configuration: default rules apply`,
	}
	if diff := cmp.Diff(want, sum.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestAnImportTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	o := options()
	last := map[exchange.Step][2]int64{}
	o.Progress = func(s exchange.Step, done, total int64) {
		if done < last[s][0] || done > total {
			t.Errorf("%s: from %d to %d of %d", s, last[s][0], done, total)
		}
		last[s] = [2]int64{done, total}
	}
	cards := "card_number,name,first_password\n1,Ans,Een-1\n2,Bo,Twee-2\n"
	if _, err := exchange.Import(t.Context(), storetest.SQLite(t), files(cards, "", goodFees), o); err != nil {
		t.Fatal(err)
	}
	bytes := int64(len(cards) + len(goodFees))
	want := map[exchange.Step][2]int64{exchange.Reading: {bytes, bytes}, exchange.Passwords: {2, 2}, exchange.Saving: {2, 2}}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Error(diff)
	}
}

// A quote that is not closed must not pull the rest of a large file into memory.
func TestARowThatDoesNotEndIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		content string
		line    int
	}{
		{"card_number,name\n1,Ans\n2,\"Bo\n" + strings.Repeat("3,Cor\n", 400_000), 2},
		{"card_number,name\n1,Ans\n\"2,Bo\n" + strings.Repeat("3,Cor\n", 400_000), 2},
		{"card_number,name\n" + strings.Repeat("x", 3<<20), 1},
	} {
		_, err := exchange.Import(t.Context(), storetest.SQLite(t), files(c.content, "", ""), options())
		var refused *exchange.Refused
		if !errors.As(err, &refused) || refused.Count != 1 || refused.Rows[0].Line != c.line ||
			!strings.Contains(err.Error(), "the row after this one does not end") {
			t.Errorf("got %v", err)
		}
	}
}

// broken is a file whose disk fails after some rows.
type broken struct{ rows int }

func (b *broken) Read(p []byte) (int, error) {
	if b.rows--; b.rows < 0 {
		return 0, errors.New("the disk fails")
	}
	return copy(p, fmt.Sprintf("%d,Ans\n", b.rows)), nil
}

func TestAnImportThatIsStoppedChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustImport(t, s, files(goodCards, goodLoans, goodFees))
		_, before := export(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for name, stop := range map[string]struct {
			ctx   context.Context
			cards exchange.Source
			step  exchange.Step
		}{
			"no such file":   {t.Context(), exchange.File("testdata/none.csv"), ""},
			"a failing disk": {t.Context(), exchange.Reader("cards.csv", io.MultiReader(strings.NewReader("card_number,name\n"), &broken{5000})), ""},
			"stopped":        {ctx, exchange.Reader("cards.csv", strings.NewReader("card_number,name,first_password\n8,Ans,Een-1\n")), exchange.Passwords},
		} {
			o := options()
			o.Progress = func(s exchange.Step, _, _ int64) {
				if s == stop.step {
					cancel()
				}
			}
			if _, err := exchange.Import(stop.ctx, s, exchange.Files{Cards: stop.cards}, o); err == nil {
				t.Errorf("%s: it was imported", name)
			}
		}
		if _, after := export(t, s); !cmp.Equal(before, after) {
			t.Errorf("something changed: %s", cmp.Diff(before, after))
		}
		mustImport(t, s, files(goodCards, goodLoans, goodFees)) // the stage of those before is gone
	})
}
