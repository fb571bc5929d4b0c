package failover

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hoofdpas/internal/provider/mollie/mollietest"
)

// The rates of each payer and each changer, and how long all is well before and
// after a kill.
const (
	payEvery = 3 * time.Second
	endEvery = 3 * time.Second
	calm     = 8 * time.Second
)

// TestAFailoverLosesNothing is the test; see the package's comment.
func TestAFailoverLosesNothing(t *testing.T) {
	if os.Getenv("HOOFDPAS_FAILOVER") == "" {
		t.Skip("takes minutes, and Patroni, etcd and HAProxy: make failover")
	}
	runtime.LockOSThread() // see place.start
	defer runtime.UnlockOSThread()
	bank := mollietest.Serve(t, mollietest.Options{
		Lasts: time.Hour, RefundsTake: time.Second, Seed: 1,
		Again: []time.Duration{100 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second},
	})
	c := newCluster(newPlace(t))
	in := newInstances(c, bank.URL(), bank.APIKey())
	in.fill()
	in.serve()
	d := &diary{begun: map[string]string{}, paid: map[string]bool{}, ended: map[string]bool{}, sent: map[string]bool{}}
	done := make(chan struct{})
	going := letThemGo(in, d, bank, done)

	var kills []kill
	pause(calm)
	for _, kind := range []string{ofPostgres, ofMachine, ofPostgres, ofMachine} {
		k := kill{kind: kind, at: time.Now()}
		c.kill(kind)
		in.allReady()
		pause(calm)
		k.over = time.Now()
		kills = append(kills, k)
	}
	close(done)
	going.Wait()
	if t.Failed() {
		return
	}
	in.until("the webhooks are heard", func() bool { return bank.Waiting() == 0 })
	in.check(d, bank)
	d.report(kills, !t.Failed())
}

// letThemGo has everybody log in and do what they do until done is closed.
func letThemGo(in *instances, d *diary, bank *mollietest.Server, done <-chan struct{}) *sync.WaitGroup {
	in.t.Helper()
	going := &sync.WaitGroup{}
	var entering sync.WaitGroup
	for person := range payers + changers {
		m, err := newMember(in, d, person)
		if err != nil {
			in.t.Fatal(err)
		}
		every, do := endEvery, m.end
		if person < payers {
			every, do = payEvery, func() error { return m.pay(bank) }
		}
		entering.Add(1)
		going.Go(func() {
			err := m.logIn()
			entering.Done()
			for err == nil {
				began := time.Now()
				if err = do(); err != nil {
					break
				}
				select {
				case <-done:
					return
				case <-time.After(every - time.Since(began)):
				}
			}
			in.t.Errorf("card %s: %v", m.number, err)
		})
	}
	entering.Wait()
	return going
}

// kill is one kill of the primary, and when all had been well for a while again.
type kill struct {
	kind     string
	at, over time.Time
}

// check compares what people were told with what the store has.
func (in *instances) check(d *diary, bank *mollietest.Server) {
	in.t.Helper()
	ctx := context.Background()
	db, err := pgx.Connect(ctx, in.cluster.byItself())
	if err != nil {
		in.t.Fatal(err)
	}
	defer db.Close(ctx)
	// A job whose end could not be kept is found dead after three minutes.
	in.within(5*time.Minute, "the library system has been told", func() bool {
		var left int
		err := db.QueryRow(ctx, `SELECT count(*) FROM payment_fees f JOIN payments p ON p.id = f.payment_id WHERE p.state = 'paid' AND told_at_ms IS NULL`).Scan(&left)
		return err == nil && left == 0
	})
	now := time.Now().UTC()
	d.allTold = now
	in.must("payments", "reconcile", "--from", now.AddDate(0, 0, -1).Format(time.DateOnly), "--to", now.Format(time.DateOnly))
	in.must("ledger", "verify")
	in.checkPayments(db, d, bank)
	in.checkMandates(db, d)
	if len(d.faults) > 0 {
		in.t.Errorf("%d answers were no page of ours, the first: %s", len(d.faults), strings.Join(d.faults[:min(3, len(d.faults))], "\n"))
	}
}

// checkPayments looks for what was begun or paid and is not there, or is there twice.
func (in *instances) checkPayments(db *pgx.Conn, d *diary, bank *mollietest.Server) {
	in.t.Helper()
	type kept struct{ id, state string }
	payments := map[string]kept{}
	in.each(db, `SELECT ref, id::text, state FROM payments WHERE ref IS NOT NULL`, func(scan func(...any) error) error {
		var ref string
		var k kept
		err := scan(&ref, &k.id, &k.state)
		payments[ref] = k
		return err
	})
	for ref, id := range d.begun {
		if payments[ref].id != id {
			in.t.Errorf("payment %s (%s) was begun, and is lost", id, ref)
		}
	}
	for ref := range d.paid {
		if payments[ref].state != "paid" {
			in.t.Errorf("payment %s was said to be paid, and is %s", d.begun[ref], payments[ref].state)
		}
	}
	received := map[string]int64{}
	in.each(db, `SELECT payment_id::text, sum(amount)::bigint FROM postings WHERE to_account = 'provider/mollie' GROUP BY payment_id`, func(scan func(...any) error) error {
		var id string
		var cents int64
		err := scan(&id, &cents)
		received[id] = cents
		return err
	})
	for _, o := range bank.Orders() {
		want := int64(0)
		if o.Status == mollietest.Paid {
			want = int64(o.Asked)
		}
		if got := received[payments[o.Ref].id]; got != want {
			in.t.Errorf("order %s: the provider got %d cents, the books have %d", o.Ref, want, got)
		}
	}
	in.each(db, `SELECT fee, count(*) FROM payment_fees f JOIN payments p ON p.id = f.payment_id WHERE p.state = 'paid' GROUP BY fee HAVING count(*) > 1`,
		func(scan func(...any) error) error {
			var fee string
			var n int
			err := scan(&fee, &n)
			in.t.Errorf("fee %s was paid %d times", fee, n)
			return err
		})
}

// checkMandates looks for what was said to have ended and has not, or twice.
func (in *instances) checkMandates(db *pgx.Conn, d *diary) {
	in.t.Helper()
	times := map[string]int{}
	in.each(db, `SELECT '/relaties/' || m.id || '/beeindigen', count(l.id) FROM mandates m LEFT JOIN mandate_log l ON l.mandate_id = m.id AND l.deed = 'end'
		WHERE m.state = 'ended' GROUP BY m.id`, func(scan func(...any) error) error {
		var at string
		var n int
		err := scan(&at, &n)
		times[at] = n
		return err
	})
	for at := range d.ended {
		if times[at] != 1 {
			in.t.Errorf("%s was done, and is there %d times", at, times[at])
		}
	}
	for at, n := range times {
		if n != 1 || !d.sent[at] {
			in.t.Errorf("%s is there %d times, and was asked: %t", at, n, d.sent[at])
		}
	}
}

func (in *instances) each(db *pgx.Conn, query string, row func(scan func(...any) error) error) {
	in.t.Helper()
	rows, err := db.Query(context.Background(), query)
	if err != nil {
		in.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			in.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		in.t.Fatal(err)
	}
}

// report prints the figures. Without service is the longest time after a kill in
// which nobody was told that a change was kept.
func (d *diary) report(kills []kill, sound bool) {
	slices.SortFunc(d.told, time.Time.Compare)
	fmt.Printf("failover: %d writes were acknowledged: %d payments begun, %d paid, %d mandates ended\n", len(d.told), len(d.begun), len(d.paid), len(d.ended))
	if sound {
		fmt.Println("failover: 0 are lost, 0 are there twice, the books balance")
	}
	fmt.Printf("failover: %d pages asked for patience; of %d mandates nobody was told whether they had ended\n", d.patience, len(d.sent)-len(d.ended))
	for _, k := range kills {
		last, longest := k.at, time.Duration(0)
		for _, at := range d.told {
			if at.After(k.at) && at.Before(k.over) {
				longest, last = max(longest, at.Sub(last)), at
			}
		}
		longest = max(longest, k.over.Sub(last))
		fmt.Printf("failover: %s killed: %.1f s without service\n", k.kind, longest.Seconds())
	}
	fmt.Printf("failover: %.0f s after the last kill the library system had been told of every payment\n", d.allTold.Sub(kills[len(kills)-1].at).Seconds())
}
