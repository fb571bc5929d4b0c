package exchange_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"hoofdpas/internal/exchange"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// Files that are good, to go beside a bad one.
const (
	goodCards = "card_number,name\n20001000000012,Marieke\n1,Bo\n"
	goodLoans = "loan_id,card_number,item_number,title,lent_on,due_on\nL1,1,39,Geheime titel,2026-11-01,2026-11-22\n"
	goodFees  = "fee_id,card_number,kind,amount,charged_on\nF1,1,other,2.50,2026-11-01\n"
)

// badFile is a file and every line that the refusal must have, in order.
type badFile struct {
	name               string
	cards, loans, fees string
	want               []string
}

const (
	loansHead = "loan_id,card_number,item_number,title,lent_on,due_on,renewals,reserved\n"
	feesHead  = "fee_id,card_number,kind,amount,charged_on,description\n"
)

func badFiles() []badFile {
	long := strings.Repeat("x", 2001)
	return []badFile{
		{"no content at all", "\n", "", "", []string{"cards.csv, line 1: the first line names no known column"}},
		{"no header row", "20001,Marieke\n", "", "", []string{"cards.csv, line 1: the first line names no known column"}},
		{"a column is missing", "card_number,birth_date\n1,2000-01-01\n", "", "", []string{"cards.csv, line 1: the header row has no column name; it must name card_number, name"}},
		{"two columns are missing", "", "loan_id,card_number,title,due_on\n", "", []string{"no column item_number", "no column lent_on"}},
		{"a column stands twice", "card_number,name,name\n", "", "", []string{"cards.csv, line 1: column name stands twice"}},
		{"a file of another kind", goodFees, "", "", []string{"no column name"}},
		{"a workbook", "PK\x03\x04\x14\x00", "", "", []string{"cards.csv, line 1: this is a workbook"}},
		{"UTF-16", "\xff\xfec\x00a\x00", "", "", []string{"cards.csv, line 1: the file is in UTF-16"}},
		{"line ends of old", "card_number,name\r1,Bo\r", "", "", []string{"cards.csv, line 1: lines end in a single CR"}},
		{"Windows-1252", "card_number,name\n1,Ren\xe9e\n", "", "", []string{"cards.csv, line 2, column name: is not UTF-8; if the file is in Windows-1252, import it with --encoding windows-1252"}},
		{"an open quote", "card_number,name\n1,Bo\n2,\"Ans\n3,Cor\n", "", "", []string{"cards.csv, line 3: a quote opens a cell and is not closed"}},
		{"a quote inside a cell", "card_number,name\n1,Bo \"B\"\n2,Ans\n\n", "", "", []string{"cards.csv, line 2: a quote stands inside a cell"}},
		{"too few cells", "card_number,name,email\n1,Bo\n2,Ans,\n", "", "", []string{"cards.csv, line 2: the row has 2 cells, the header row has 3"}},
		{"too many cells", "card_number,name\n1,Bo,Bos\n2,Ans,,\n", "", "", []string{"cards.csv, line 2: the row has 3 cells, the header row has 2"}},
		{"card numbers", "card_number,name\n,A\n1 2,B\n" + strings.Repeat("1", 33) + ",C\n\"a\x01\",D\n", "", "", []string{
			"cards.csv, line 2, column card_number: is empty",
			"cards.csv, line 3, column card_number: is no card number",
			"cards.csv, line 4, column card_number: is no card number",
			"cards.csv, line 5, column card_number: holds a control character",
		}},
		{"a card twice", "card_number,name\n1,A\n2,B\n1,C\n1,D\n01,E\n", "", "", []string{
			"cards.csv, line 4, column card_number: the same one stands on line 2",
			"cards.csv, line 5, column card_number: the same one stands on line 2",
		}},
		{"names", "card_number,name\n1,\n2,  \n3," + long + "\n4,\"a\x00\"\n", "", "", []string{
			"cards.csv, line 2, column name: is empty", "cards.csv, line 3, column name: is empty",
			"cards.csv, line 4, column name: is longer than 2000 characters", "cards.csv, line 5, column name: holds a control character",
		}},
		{"dates of cards", "card_number,name,birth_date,expires_on\n1,A,2000-02-30,2026-1-1\n2,B,1-2-2000,24/11/2026\n", "", "", []string{
			"cards.csv, line 2, column birth_date: is no date",
			`cards.csv, line 2, column expires_on: "2026-1-1" is no date; write YYYY-MM-DD, or DD-MM-YYYY in the whole file`,
			"cards.csv, line 3, column birth_date: is no date",
			`cards.csv, line 3, column expires_on: "24/11/2026" is no date`,
		}},
		{"two ways of dates", "card_number,name,birth_date\n1,A,\n2,B,2000-01-31\n3,C,31-01-2000\n", "", "", []string{
			"cards.csv, line 4, column birth_date: is DD-MM-YYYY, but line 3 has YYYY-MM-DD",
		}},
		{"yes or no", "card_number,name,blocked\n1,A,misschien\n2,B,J\n", "", "", []string{
			"cards.csv, line 2, column blocked: is neither yes nor no", "cards.csv, line 3, column blocked: is neither yes nor no",
		}},
		{"required cells of a loan", "", loansHead + ",,,,,,,\n,1,39,T,2026-11-01,2026-11-22,,\nL1,,,,,,,\n", "", []string{
			"loans.csv, line 3, column loan_id: is empty",
			"loans.csv, line 4, column card_number: is empty", "loans.csv, line 4, column lent_on: is empty",
			"loans.csv, line 4, column due_on: is empty", "loans.csv, line 4, column item_number: is empty",
			"loans.csv, line 4, column title: is empty",
		}},
		{"renewals", "", loansHead + "L1,1,39,T,2026-11-01,2026-11-22,-1,\nL2,1,39,T,2026-11-01,2026-11-22,two,\nL3,1,39,T,2026-11-01,2026-11-22,99999999999999999999,\n", "", []string{
			"loans.csv, line 2, column renewals: is no whole number", "loans.csv, line 3, column renewals: is no whole number",
			"loans.csv, line 4, column renewals: is no whole number",
		}},
		{"a loan twice", "", goodLoans + "L1,1,40,T,2026-11-01,2026-11-22\n", "", []string{"loans.csv, line 3, column loan_id: the same one stands on line 2"}},
		{"a loan of nobody", "", goodLoans + "L2,20001,40,T,2026-11-01,2026-11-22\n", "", []string{"loans.csv, line 3, column card_number: no such card in cards.csv"}},
		{"amounts", "", "", feesHead +
			"F1,1,other,0,2026-11-01,\nF2,1,other,-1,2026-11-01,\nF3,1,other,1.250,2026-11-01,\nF4,1,other,1.005,2026-11-01,\n" +
			"F5,1,other,\"1.000,00\",2026-11-01,\nF6,1,other,1e3,2026-11-01,\nF7,1,other,€ 2,2026-11-01,\nF8,1,other,0.00,2026-11-01,\n" +
			"F9,1,other,99999999999999999999,2026-11-01,\nF10,1,other,,2026-11-01,\nF11,1,other,10000000.01,2026-11-01,\n", []string{
			"fees.csv, line 2, column amount: is zero",
			`fees.csv, line 3, column amount: "-1" is no amount`, `fees.csv, line 4, column amount: "1.250" is no amount in euros and whole cents`,
			`fees.csv, line 5, column amount: "1.005" is no amount`, `fees.csv, line 6, column amount: "1.000,00" is no amount`,
			"fees.csv, line 7, column amount: is no amount", "fees.csv, line 8, column amount: is no amount",
			"fees.csv, line 9, column amount: is zero", "fees.csv, line 10, column amount: is too large",
			"fees.csv, line 11, column amount: is empty", "fees.csv, line 12, column amount: is too large",
		}},
		{"kinds", "", "", feesHead + "F1,1,boete,1,2026-11-01,\n", []string{
			"fees.csv, line 2, column kind: is not a kind of fee; write one of overdue, reservation, damage, lost, membership, administration, other",
		}},
		{"a fee twice and of nobody", "", "", goodFees + "F2,2,other,1,2026-11-01\nF1,1,other,1,2026-11-01\n", []string{
			"fees.csv, line 3, column card_number: no such card in cards.csv", "fees.csv, line 4, column fee_id: the same one stands on line 2",
		}},
		{"all files at once", "card_number,name\n1,\n2,B\n", goodLoans + "L1,1,39,T,2026-11-01,2026-11-22\n", goodFees + "F2,2,other,0,2026-11-01\n", []string{
			"cards.csv, line 2, column name: is empty", "loans.csv, line 3, column loan_id: the same one", "fees.csv, line 3, column amount: is zero",
		}},
		{"lines in cells", "card_number,name\n1,\"A\nB\"\n2,\n", "", "", []string{"cards.csv, line 4, column name: is empty"}},
	}
}

// withOthers gives the good files where the bad one is not given, so that a
// loan has its card.
func (b badFile) withOthers() exchange.Files {
	if b.cards == "" {
		b.cards = goodCards
	}
	return files(b.cards, b.loans, b.fees)
}

func TestABadFileIsRefusedWithEveryFaultAndNothingChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustImport(t, s, files("card_number,name\n7,Oud\n", strings.ReplaceAll(goodLoans, ",1,", ",7,"), strings.ReplaceAll(goodFees, ",1,", ",7,")))
		_, before := export(t, s)
		for _, b := range badFiles() {
			_, err := exchange.Import(t.Context(), s, b.withOthers(), options())
			var refused *exchange.Refused
			if !errors.As(err, &refused) {
				t.Errorf("%s: got %v", b.name, err)
				continue
			}
			if refused.Count != len(b.want) || len(refused.Rows) != len(b.want) {
				t.Errorf("%s: got %d faults, want %d: %v", b.name, refused.Count, len(b.want), err)
				continue
			}
			for i, want := range b.want {
				if got := refused.Rows[i].String(); !strings.Contains(got, want) {
					t.Errorf("%s: got %q, want %q", b.name, got, want)
				}
			}
		}
		if _, after := export(t, s); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Error("a file was refused and something changed all the same")
		}
	})
}

func TestAFileWithoutContentIsRefused(t *testing.T) {
	t.Parallel()
	_, err := exchange.Import(t.Context(), storetest.SQLite(t),
		exchange.Files{Cards: exchange.Reader("leeg.csv", strings.NewReader(""))}, options())
	if err == nil || !strings.Contains(err.Error(), "leeg.csv, line 1: the file is empty") {
		t.Errorf("got %v", err)
	}
}

func TestTheFirstHundredFaultsAreToldAndAllAreCounted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var loans strings.Builder
		loans.WriteString(goodLoans)
		for i := range 300 {
			fmt.Fprintf(&loans, "L%d,404,39,T,2026-11-01,2026-11-22\n", i+2)
		}
		_, err := exchange.Import(t.Context(), s, files(goodCards, loans.String(), goodFees+strings.Repeat("F1,1,other,0,2026-11-01\n", 200)), options())
		var refused *exchange.Refused
		if !errors.As(err, &refused) {
			t.Fatalf("got %v", err)
		}
		// 300 strange cards, 200 zeros, 200 twins.
		if refused.Count != 700 || len(refused.Rows) != 100 || refused.Rows[99].Line != 102 || refused.Rows[99].File != "loans.csv" {
			t.Errorf("got %d of %d, the last %v", len(refused.Rows), refused.Count, refused.Rows[len(refused.Rows)-1])
		}
		if !strings.HasSuffix(err.Error(), "and 600 more") || !strings.HasPrefix(err.Error(), "700 faults were found; nothing was changed") {
			t.Errorf("got %s", err)
		}
	})
}

// Reports go into tickets and mails: no name, title, password or card number.
func TestAReportTellsNothingPrivate(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	private := []string{"Geheim", "20001000000012", "1984", "Wachtwoord"}
	for _, content := range []string{
		// Each private value in each column, also where it does not belong.
		"card_number,name,birth_date,expires_on,blocked,first_password\n" +
			"20001000000012 x,Geheim\x01,1984-3-12,20001000000012,Geheim,Wachtwoord\x01\n" +
			"20001000000012,,Geheim 1984-3,Geheim,20001000000012,\n20001000000012,a,,,,\n",
	} {
		_, err := exchange.Import(t.Context(), s, files(content, "", ""), options())
		if err == nil {
			t.Fatal("it was imported")
		}
		for _, p := range private {
			if strings.Contains(err.Error(), p) {
				t.Errorf("%q stands in: %v", p, err)
			}
		}
	}
	_, err := exchange.Import(t.Context(), s, files(goodCards,
		loansHead+"L1,20001000000012 1,39,Geheim\x01,Geheim,1984,Geheim,Geheim\nL2,20001000000099,1,Geheim,2026-01-01,2026-01-01,,\n",
		feesHead+"F1,20001000000099,Geheim,20001000000012,20001000000012,Geheim\x01\n"), options())
	if err == nil {
		t.Fatal("it was imported")
	}
	for _, p := range append(private, "20001000000099") {
		if strings.Contains(err.Error(), p) {
			t.Errorf("%q stands in: %v", p, err)
		}
	}
}

func TestAFileOfAHeaderOnlyClosesNothingUnlessThatIsMeant(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		empty := map[exchange.Kind]string{}
		for k, content := range map[exchange.Kind]string{exchange.Cards: goodCards, exchange.Loans: goodLoans, exchange.Fees: goodFees} {
			empty[k], _, _ = strings.Cut(content, "\n")
		}
		allEmpty := func() exchange.Files {
			return files(empty[exchange.Cards], empty[exchange.Loans], empty[exchange.Fees])
		}
		mustImport(t, s, allEmpty()) // there is nothing to lose yet
		mustImport(t, s, files(goodCards, goodLoans, goodFees))
		_, err := exchange.Import(t.Context(), s, allEmpty(), options())
		var refused *exchange.Refused
		if !errors.As(err, &refused) || refused.Count != 3 ||
			!strings.Contains(err.Error(), "cards.csv, line 1: no rows follow: this would close all 2 cards; if that is meant, import it with --allow-empty") ||
			!strings.Contains(err.Error(), "return all 1 loans") || !strings.Contains(err.Error(), "settle all 1 open fees") {
			t.Fatalf("got %v", err)
		}
		o := options()
		o.AllowEmpty = true
		sum, err := exchange.Import(t.Context(), s, files("", "", empty[exchange.Fees]), o)
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, sum, map[exchange.Kind]exchange.Count{exchange.Fees: {Gone: 1}})
	})
}
