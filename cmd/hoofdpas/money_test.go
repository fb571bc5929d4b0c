package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/exchange"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/mollie"
	"hoofdpas/internal/provider/mollie/mollietest"
	"hoofdpas/internal/store"
)

// family is the worked example of docs/money.md: Marieke and her two children,
// in a store of their own, with Mollie.
type family struct {
	t       *testing.T
	address string
	at      atomic.Int64 // of the clock, in nanoseconds: mollietest reads it too
	store   *store.Store
	book    *mandate.Book
	cashier *payment.Cashier
	mollie  *mollietest.Server

	marieke, sem, noor card.Holder
}

const familyCards = `card_number,name,birth_date,category
20001,Marieke de Vries,1984-03-12,volwassen
20002,Sem de Vries,2014-06-02,jeugd
20003,Noor de Vries,2016-11-23,jeugd
`

const familyFees = `fee_id,card_number,kind,description,amount,charged_on
F1,20002,overdue,De brief voor de koning,2.40,2026-11-20
F2,20003,lost,Het huis met de olifant,12.50,2026-11-20
`

func (f *family) now() time.Time { return time.Unix(0, f.at.Load()).UTC() }

func (f *family) set(t time.Time) { f.at.Store(t.UnixNano()) }

func newFamily(t *testing.T) *family {
	t.Helper()
	dir := t.TempDir()
	f := &family{t: t, address: "sqlite:" + filepath.Join(dir, "library.db")}
	f.set(time.Date(2026, 11, 24, 15, 5, 0, 0, time.UTC))
	clock := f.now
	var err error
	f.store, err = store.Open(t.Context(), f.address, store.Options{Now: clock})
	f.must(err)
	t.Cleanup(func() { f.must(f.store.Close()) })
	f.must(f.store.Migrate(t.Context()))
	f.importFiles(dir)
	system := &builtin.System{Tables: f.store, Rules: builtin.Rules{Zone: time.UTC}, Now: clock}
	f.book = &mandate.Book{Store: f.store, Cards: system, Now: clock, Zone: time.UTC}
	f.marieke, f.sem, f.noor = f.know("20001"), f.know("20002"), f.know("20003")
	for _, child := range []card.Holder{f.sem, f.noor} {
		f.must(f.book.Link(t.Context(), mandate.Link{Staff: "Bas", Grantor: child, Grantee: f.marieke, Scopes: mandate.Scopes}))
	}
	f.mollie = mollietest.Serve(t, mollietest.Options{Now: clock})
	provider, err := mollie.New(mollie.Options{
		Key: f.mollie.APIKey(), URL: f.mollie.URL(), Client: &http.Client{}, Now: clock, Log: slog.New(slog.DiscardHandler),
	})
	f.must(err)
	log := slog.New(slog.DiscardHandler)
	f.cashier = &payment.Cashier{
		Store: f.store, Fees: &circulation.Office{System: system, Journal: f.book, Log: log}, System: system, Provider: provider,
		Known: f.book, Now: clock, Log: log, Base: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}, Zone: time.UTC,
	}
	return f
}

func (f *family) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *family) importFiles(dir string) {
	f.t.Helper()
	cards, fees := filepath.Join(dir, "cards.csv"), filepath.Join(dir, "fees.csv")
	f.must(os.WriteFile(cards, []byte(familyCards), 0o600))
	f.must(os.WriteFile(fees, []byte(familyFees), 0o600))
	_, err := exchange.Import(f.t.Context(), f.store, exchange.Files{Cards: exchange.File(cards), Fees: exchange.File(fees)}, exchange.Options{Now: f.now})
	f.must(err)
}

func (f *family) know(number string) card.Holder {
	f.t.Helper()
	n, err := card.ParseNumber(number)
	f.must(err)
	h, err := f.store.KnowCard(f.t.Context(), card.Card{Number: n, Name: number})
	f.must(err)
	return h
}

// start lets Marieke begin to pay for both children at once.
func (f *family) start() payment.Payment {
	f.t.Helper()
	ctx := f.t.Context()
	actor := mandate.Actor{Holder: f.marieke}
	wish := payment.Wish{Actor: actor, Expected: 1490, Key: "the form"}
	for i, child := range []card.Holder{f.sem, f.noor} {
		permit, err := f.book.PermitFor(ctx, actor, child.ID)
		f.must(err)
		wish.Choices = append(wish.Choices, payment.Choice{Permit: permit, Fees: []circulation.FeeID{[]circulation.FeeID{"F1", "F2"}[i]}})
	}
	p, err := f.cashier.Start(ctx, wish)
	f.must(err)
	f.set(f.now().Add(time.Minute))
	return p
}

// pay lets her go on until it is booked.
func (f *family) pay() payment.Payment {
	f.t.Helper()
	ctx := f.t.Context()
	p := f.start()
	f.must(f.mollie.Finish(p.Ref, mollietest.Paid))
	p, err := f.cashier.Look(ctx, mandate.Actor{Holder: f.marieke}, p.ID)
	f.must(err)
	f.must(f.cashier.Deliver(ctx, p.ID))
	return p
}

// payBack pays back what was paid for Noor, at the desk and through Mollie.
func (f *family) payBack(p payment.Payment) {
	f.t.Helper()
	ctx := f.t.Context()
	f.set(time.Date(2026, 11, 28, 10, 30, 0, 0, time.UTC))
	wish := payment.RefundWish{Payment: p.ID, Means: payment.Online, Note: "Het boek is terug", Key: "another form", Staff: "Bas"}
	for i, l := range p.Lines {
		if l.Holder.ID == f.noor.ID {
			wish.Lines = append(wish.Lines, i)
		}
	}
	refund, err := f.cashier.PayBack(ctx, wish)
	f.must(err)
	f.must(f.cashier.SeeThrough(ctx, refund.ID))
	f.set(f.now().Add(time.Hour))
	o, _ := f.mollie.Order(p.Ref)
	f.must(f.mollie.FinishRefund(p.Ref, o.Refunds[0].Ref, mollietest.Refunded))
	f.must(f.cashier.SeeThrough(ctx, refund.ID))
	f.must(f.cashier.Deliver(ctx, p.ID))
}

// run is what the command prints, and its exit code.
func (f *family) run(args ...string) (printed string, code int) {
	f.t.Helper()
	var out bytes.Buffer
	err := run(&world{
		ctx: f.t.Context(), environ: []string{"HOOFDPAS_STORE=" + f.address}, out: &out, err: &out, now: f.now,
	}, args)
	if err != nil {
		return out.String() + err.Error(), exitCode(err)
	}
	return out.String(), 0
}

func (f *family) mustSay(words string, code int, args ...string) {
	f.t.Helper()
	if printed, got := f.run(args...); got != code || !strings.Contains(printed, words) {
		f.t.Errorf("%s ended with %d and said:\n%s\nwant %d and:\n%s", strings.Join(args, " "), got, printed, code, words)
	}
}

func TestTheWorkedExampleIsAsTheProgramBooksIt(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	f.payBack(f.pay())
	page, err := os.ReadFile("../../docs/money.md")
	f.must(err)
	for _, command := range []string{
		"ledger export --from 2026-11-01 --to 2026-11-30", "ledger balance", "ledger daily --from 2026-11-01 --to 2026-11-30", "ledger verify",
	} {
		printed, code := f.run(strings.Fields(command)...)
		if code != 0 || !strings.Contains(string(page), "`hoofdpas "+command+"`") {
			t.Errorf("%s ended with %d, or the page does not name it", command, code)
		}
		if !strings.Contains(string(page), printed) {
			t.Errorf("the page should have, for %s:\n%s", command, printed)
		}
	}
	for _, why := range []string{"F1", "F2"} {
		open := f.isOpen(circulation.FeeID(why))
		if open != (why == "F2") {
			t.Errorf("fee %s is open: %v", why, open)
		}
	}
}

func (f *family) isOpen(id circulation.FeeID) bool {
	f.t.Helper()
	for _, h := range []card.Holder{f.sem, f.noor} {
		permit, err := f.book.PermitFor(f.t.Context(), mandate.Actor{Holder: f.marieke}, h.ID)
		f.must(err)
		fees, err := f.cashier.Fees.Fees(f.t.Context(), permit)
		f.must(err)
		for _, fee := range fees {
			if fee.ID == id {
				return true
			}
		}
	}
	return false
}

func TestTheLedgerCommandsSayWhatIsNotSound(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	p := f.pay()
	sound, _ := f.run("ledger", "verify")
	noted := strings.TrimSpace(sound[strings.LastIndex(strings.TrimSpace(sound), "\n"):])
	f.mustSay("sound: 2 postings", 0, "ledger", "verify", "--expect", noted)
	f.payBack(p)
	f.mustSay("sound: 4 postings", 0, "ledger", "verify", "--expect", noted)
	f.mustSay("as an earlier run printed them", 1, "ledger", "verify", "--expect", "2:zz")
	f.mustSay("posting 9 is not the one that you noted", 2, "ledger", "verify", "--expect", "9"+noted[1:])

	spoil := func(statement string) {
		t.Helper()
		f.must(spoilFile(t.Context(), f.address, statement))
	}
	spoil(`UPDATE postings SET amount = amount + 100 WHERE id = 2`)
	f.mustSay("posting 2 (from fees/", 2, "ledger", "verify")
	f.mustSay("in all", 0, "ledger", "balance") // still balanced: that is what the chain is for
	spoil(`UPDATE postings SET amount = amount - 100 WHERE id = 2`)
	f.mustSay("sound: 4 postings", 0, "ledger", "verify")
	spoil(`UPDATE postings SET amount = 'much' WHERE id = 3`)
	f.mustSay("posting 3 cannot be read", 2, "ledger", "verify")
	f.mustSay("posting 3: changed", 1, "ledger", "balance")
	spoil(`UPDATE postings SET amount = 1250 WHERE id = 3`)
	f.mustSay("sound: 4 postings", 0, "ledger", "verify")
	spoil(`UPDATE postings SET id = 7 WHERE id = 4`)
	f.mustSay("posting 4 is missing", 2, "ledger", "verify")
	spoil(`DELETE FROM postings WHERE id = 7`)
	f.mustSay("postings at the end were taken out", 2, "ledger", "verify")
	spoil(`UPDATE ledger_head SET posting = 3, hash = (SELECT hash FROM postings WHERE id = 3)`)
	f.mustSay("sound: 3 postings", 0, "ledger", "verify") // which is why its head is to be noted
}

func TestBalanceIsOfADayAndOfSomeAccounts(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	f.payBack(f.pay())
	f.mustSay("provider/mollie           14.90\n", 0, "ledger", "balance", "--on", "2026-11-24")
	f.mustSay("provider/mollie            2.40\n", 0, "ledger", "balance", "--on", "2026-11-28")
	f.mustSay("in all            0.00\n", 0, "ledger", "balance", "--on", "2026-11-23")
	printed, _ := f.run("ledger", "balance", "--prefix", "fees/")
	if strings.Contains(printed, "mollie") || !strings.Contains(printed, "in all           -2.40\n") {
		t.Error(printed)
	}
	f.mustSay("a day is written as 2026-11-24", 1, "ledger", "balance", "--on", "24-11-2026")
}

// Days are the library's: half past midnight in Amsterdam is the day before in
// UTC.
func TestDaysOfTheBooksAreTheLibrarys(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	f.set(time.Date(2026, 11, 24, 23, 29, 0, 0, time.UTC))
	f.pay()
	f.mustSay("2026-11-25,Online,online,mollie,14.90,0.00", 0, "ledger", "daily", "--from", "2026-11-25", "--to", "2026-11-25")
	f.mustSay("1,2026-11-25T00:30:00.000+01:00,fees/", 0, "ledger", "export", "--from", "2026-11-25", "--to", "2026-11-25")
	if printed, _ := f.run("ledger", "export", "--from", "2026-11-24", "--to", "2026-11-24"); strings.Count(printed, "\n") != 1 {
		t.Error(printed)
	}
	f.mustSay("let --to follow --from", 1, "ledger", "daily", "--from", "2026-11-26", "--to", "2026-11-25")
}

func TestAFileOfTheBooksIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	f.pay()
	out := filepath.Join(t.TempDir(), "books.csv")
	printed, _ := f.run("ledger", "export", "--from", "2026-11-01", "--to", "2026-11-30")
	f.mustSay("", 0, "ledger", "export", "--from", "2026-11-01", "--to", "2026-11-30", "--out", out)
	written, err := os.ReadFile(out)
	f.must(err)
	if string(written) != printed {
		t.Errorf("the file has\n%s\nstandard output had\n%s", written, printed)
	}
	if err := writeWhole(out, func(w io.Writer) error {
		_, _ = fmt.Fprint(w, "half")
		return errors.New("the disk is full")
	}); err == nil {
		t.Error("half a file was kept")
	}
	left, err := os.ReadDir(filepath.Dir(out))
	f.must(err)
	again, err := os.ReadFile(out)
	f.must(err)
	if len(left) != 1 || !bytes.Equal(again, written) {
		t.Errorf("%d files, and\n%s", len(left), again)
	}
}

// TestTheBooksOfManyDaysAddUp compares the sum of the daily lines with the
// balances.
func TestTheBooksOfManyDaysAddUp(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	f.payBack(f.pay())
	printed, _ := f.run("ledger", "daily", "--from", "2026-01-01", "--to", "2026-12-31")
	var net money.Cents
	for _, line := range strings.Split(strings.TrimSpace(printed), "\n")[1:] {
		cells := strings.Split(line, ",")
		if _, err := calendar.ParseISO(cells[0]); err != nil {
			t.Errorf("%q is no day", cells[0])
		}
		text, negative := strings.CutPrefix(cells[len(cells)-1], "-")
		amount, err := money.Parse(text)
		f.must(err)
		if negative {
			amount = -amount
		}
		net += amount
	}
	if net != 240 {
		t.Errorf("the days come to %v", net)
	}
}

// spoilFile changes the store as somebody does who has its file.
func spoilFile(ctx context.Context, address, statement string) error {
	db, err := sql.Open("sqlite", strings.TrimPrefix(address, "sqlite:"))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
}
