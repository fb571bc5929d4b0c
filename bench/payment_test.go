package bench_test

import (
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
	"hoofdpas/internal/till"
)

// BenchmarkPayments books joint payments of a parent and two children, one fee
// each, right beside an insert of as many rows into a bare table of the same
// database: as many transactions, and each on the disk before it counts.
//
//	desk    one transaction: taken in cash at the desk
//	online  three: opened, given its page at the provider, and paid
//
// The provider answers at once: what is measured is ours.
func BenchmarkPayments(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		c := newCounter(b, name)
		b.Run(name+"/desk", func(b *testing.B) { c.measure(b, 1, c.desk) })
		b.Run(name+"/online", func(b *testing.B) { c.measure(b, 3, c.online) })
	}
}

// counter is a cashier on a store of its own, and a plain connection to the
// same database.
type counter struct {
	cashier *payment.Cashier
	drawer  *till.Drawer
	shift   till.ShiftID
	book    *mandate.Book
	family  []card.Holder
	bare    *sql.DB
	run     string // no other run on the same store has it
	made    int
}

func newCounter(b *testing.B, name string) *counter {
	b.Helper()
	ctx := context.Background()
	var driver, plain, address string
	if name == "sqlite" {
		file := filepath.Join(b.TempDir(), "library.db")
		// As the store opens its own file: each commit is on the disk.
		driver, plain = "sqlite", "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=journal_mode(WAL)"
		address = "sqlite:" + file
	} else {
		driver, address = "pgx", storetest.PostgresAddress(b)
		plain = address
	}
	bare, err := sql.Open(driver, plain)
	must(b, err)
	bare.SetMaxOpenConns(1)
	b.Cleanup(func() { must(b, bare.Close()) })
	if name == "postgres" {
		// The server of the tests is quick and forgetful; this one must not be.
		for _, statement := range []string{
			`ALTER SYSTEM SET fsync = on`, `ALTER SYSTEM SET full_page_writes = on`, `ALTER SYSTEM SET synchronous_commit = on`, `SELECT pg_reload_conf()`,
		} {
			_, err := bare.ExecContext(ctx, statement)
			must(b, err)
		}
	}
	s := storetest.Open(b, address)
	must(b, s.Migrate(ctx))
	_, err = bare.ExecContext(ctx, `CREATE TABLE bare (a BIGINT, b BIGINT, c BIGINT, d BIGINT, e TEXT, f TEXT, g TEXT, h TEXT)`)
	must(b, err)
	return furnish(b, s, bare, family(b, s))
}

// family is a parent and two children who have linked their cards.
func family(b *testing.B, s *store.Store) (all []card.Holder) {
	b.Helper()
	book := mandate.Book{Store: s, Now: time.Now, Zone: time.UTC}
	for n := range 3 {
		number, err := card.ParseNumber(number(n))
		must(b, err)
		h, err := s.KnowCard(b.Context(), card.Card{Number: number, Name: "Lener " + strconv.Itoa(n)})
		must(b, err)
		all = append(all, h)
		if n > 0 {
			must(b, book.Link(b.Context(), mandate.Link{Staff: "bench", Grantor: h, Grantee: all[0], Scopes: mandate.Scopes}))
		}
	}
	return all
}

func furnish(b testing.TB, s *store.Store, bare *sql.DB, family []card.Holder) *counter {
	b.Helper()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	c := &counter{bare: bare, run: strconv.FormatInt(time.Now().UnixMilli(), 36), family: family, book: &mandate.Book{Store: s, Now: time.Now, Zone: time.UTC}}
	c.cashier = &payment.Cashier{
		Store: s, Fees: oneFee{c}, Provider: prompt{}, Known: c.book, Now: time.Now, Log: log,
		Base: &url.URL{Scheme: "http", Host: "127.0.0.1"}, Zone: time.UTC,
	}
	at := till.Place{Branch: "Centrum", Desk: c.run}
	c.drawer = &till.Drawer{Store: s, Cashier: c.cashier, Places: []till.Place{at}, Unit: 5, Now: time.Now, Log: log}
	shift, err := c.drawer.Open(ctx, "bench", at, 0)
	must(b, err)
	c.shift = shift.ID
	return c
}

func must(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// oneFee gives each card one fee, another one for each payment.
type oneFee struct{ c *counter }

func (f oneFee) Fees(context.Context, mandate.Permit) ([]circulation.Fee, error) {
	return []circulation.Fee{{ID: f.c.fee(), Kind: circulation.Overdue, Description: "De brief voor de koning", Amount: 250}}, nil
}

func (c *counter) fee() circulation.FeeID {
	return circulation.FeeID(c.run + "-" + strconv.Itoa(c.made))
}

// prompt is a provider that takes everything at once. It is asked about nothing
// else here.
type prompt struct{ payment.Provider }

func (prompt) Name() string                                   { return "prompt" }
func (prompt) Limits(context.Context) (payment.Limits, error) { return payment.Limits{}, nil }

func (prompt) Create(_ context.Context, o payment.Order) (payment.Checkout, error) {
	return payment.Checkout{Ref: "tr_" + o.Reference, URL: "https://prompt.example/" + o.Reference}, nil
}

func (prompt) Status(_ context.Context, ref string) (payment.Status, error) {
	return payment.Status{
		Ref: ref, Reference: strings.TrimPrefix(ref, "tr_"), State: payment.Paid, Currency: payment.Euro, Amount: 750, CreatedAt: time.Now(),
	}, nil
}

func (c *counter) wish(b *testing.B, actor mandate.Actor) payment.Wish {
	b.Helper()
	c.made++
	w := payment.Wish{Actor: actor, Expected: 750, Key: c.run + "-" + strconv.Itoa(c.made)}
	permits, err := c.book.Permits(b.Context(), actor)
	must(b, err)
	for _, p := range permits {
		w.Choices = append(w.Choices, payment.Choice{Permit: p, Fees: []circulation.FeeID{c.fee()}})
	}
	return w
}

func (c *counter) desk(b *testing.B) {
	b.Helper()
	w := c.wish(b, mandate.Actor{Holder: c.family[0], Staff: "bench"})
	p, err := c.drawer.Take(b.Context(), c.shift, w, payment.Cash)
	must(b, err)
	isPaid(b, p)
}

func (c *counter) online(b *testing.B) {
	b.Helper()
	w := c.wish(b, mandate.Actor{Holder: c.family[0]})
	p, err := c.cashier.Start(b.Context(), w)
	must(b, err)
	must(b, c.cashier.Heard(b.Context(), "prompt", p.Ref))
	p, err = c.cashier.Receipt(b.Context(), p.ID)
	must(b, err)
	isPaid(b, p)
}

func isPaid(b testing.TB, p payment.Payment) {
	b.Helper()
	if p.State != payment.Paid || p.Received != money.Cents(750) || len(p.Lines) != 3 {
		b.Fatalf("the payment is %+v", p)
	}
}

// rows counts the rows of every table that a payment writes to.
func (c *counter) rows(b testing.TB) (n int) {
	b.Helper()
	for _, table := range []string{"payments", "payment_fees", "postings", "receipts", "mandate_log", "river_job", "findings", "refunds"} {
		var some int
		must(b, c.bare.QueryRowContext(b.Context(), `SELECT count(*) FROM `+table).Scan(&some))
		n += some
	}
	return n
}

// insert writes the rows into the bare table, in as many transactions.
func (c *counter) insert(b testing.TB, rows, transactions int) {
	b.Helper()
	for t := range transactions {
		tx, err := c.bare.BeginTx(b.Context(), nil)
		must(b, err)
		for r := t; r < rows; r += transactions {
			_, err := tx.ExecContext(b.Context(), `INSERT INTO bare VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				r, c.made, 250, 1_700_000_000_000, "fees/17", "till/Centrum/1/cash", "paid", "De brief voor de koning")
			must(b, err)
		}
		must(b, tx.Commit())
	}
}

// measure books payments and, right after each, inserts as many bare rows.
func (c *counter) measure(b *testing.B, transactions int, pay func(*testing.B)) {
	b.Helper()
	before := c.rows(b)
	const some = 20 // to see how many rows a payment has
	for range some {
		pay(b)
	}
	rows := (c.rows(b) - before) / some
	var ours, theirs time.Duration
	n := 0
	for b.Loop() {
		began := time.Now()
		pay(b)
		ours += time.Since(began)
		began = time.Now()
		c.insert(b, rows, transactions)
		theirs += time.Since(began)
		n++
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(n)/ours.Seconds(), "payments/s")
	b.ReportMetric(float64(n)/theirs.Seconds(), "bare/s")
	b.ReportMetric(float64(ours)/float64(theirs), "x-bare")
	b.ReportMetric(float64(rows), "rows/payment")
}
