package watch

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hoofdpas/internal/library/guard"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/store"
)

// Counting what waits goes over whole tables, and who scrapes may be several.
const (
	countFor  = 5 * time.Second // how long it may take; Prometheus waits for 10 s
	keepTally = time.Minute     // how long a count is told again
)

// Store is the part of the store that is watched. store.Store is one.
type Store interface {
	Tally(ctx context.Context) (store.Tally, error)
	Answers(ctx context.Context) error
	Pools() map[string]sql.DBStats
}

// Books has the metrics tell what waits in the store.
func (w *Watch) Books(s Store) { w.registry.MustRegister(&books{store: s, now: w.now}) }

// books asks the store when it is scraped.
type books struct {
	store Store
	now   func() time.Time

	mu    sync.Mutex
	tally store.Tally
	at    time.Time // of the tally; zero for none
}

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("hoofdpas_"+name, help, labels, nil)
}

//nolint:gochecknoglobals // a table, never written
var (
	storeUp         = gauge("store_up", "1 while the store answers, within two seconds.")
	mandates        = gauge("mandates", "Mandates by state.", "state")
	payments        = gauge("payments", "Payments by state.", "state")
	openSeconds     = gauge("payment_open_seconds", "For how long the payment that is open longest has been open; 0 for none.")
	undelivered     = gauge("deliveries_waiting", "Paid payments of which the library system has not been told.")
	deliverySeconds = gauge("delivery_waiting_seconds", "For how long the first of them has been waiting; 0 for none.")
	findings        = gauge("findings_open", "What somebody at the desk has to look at.")
	jobs            = gauge("jobs", "Jobs to be done, by state.", "state")
	connections     = gauge("store_connections", "Connections to the store.", "pool", "use")
	waits           = gauge("store_connection_waits_total", "How often one had to be waited for.", "pool")
	waitSeconds     = gauge("store_connection_wait_seconds_total", "For how long in all.", "pool")
)

// Describe implements prometheus.Collector.
func (b *books) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		storeUp, mandates, payments, openSeconds, undelivered, deliverySeconds, findings, jobs, connections, waits, waitSeconds,
	} {
		c <- d
	}
}

// Collect implements prometheus.Collector. While the store is away it tells that,
// and nothing that it once knew.
func (b *books) Collect(c chan<- prometheus.Metric) {
	set := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for pool, s := range b.store.Pools() {
		set(connections, float64(s.InUse), pool, "busy")
		set(connections, float64(s.Idle), pool, "idle")
		set(connections, float64(s.MaxOpenConnections), pool, "most")
		c <- prometheus.MustNewConstMetric(waits, prometheus.CounterValue, float64(s.WaitCount), pool)
		c <- prometheus.MustNewConstMetric(waitSeconds, prometheus.CounterValue, s.WaitDuration.Seconds(), pool)
	}
	if !b.answers() {
		set(storeUp, 0)
		return
	}
	set(storeUp, 1)
	t, ok := b.count()
	if !ok {
		return
	}
	for _, state := range mandate.States {
		set(mandates, float64(t.Mandates[state]), string(state))
	}
	for _, state := range payment.States {
		set(payments, float64(t.Payments[state]), string(state))
	}
	for state, n := range t.Jobs {
		set(jobs, float64(n), state)
	}
	set(findings, float64(t.Findings))
	set(undelivered, float64(t.Undelivered))
	set(openSeconds, b.since(t.OldestOpen))
	set(deliverySeconds, b.since(t.OldestUndelivered))
}

func (b *books) since(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return b.now().Sub(t).Seconds()
}

func (b *books) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), lookFor)
	defer cancel()
	return b.store.Answers(ctx) == nil
}

// count counts, or tells again what was counted a moment ago.
func (b *books) count() (store.Tally, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.at.IsZero() && b.now().Sub(b.at) < keepTally {
		return b.tally, true
	}
	ctx, cancel := context.WithTimeout(context.Background(), countFor)
	defer cancel()
	t, err := b.store.Tally(ctx)
	if err != nil {
		b.at = time.Time{}
		return store.Tally{}, false
	}
	b.tally, b.at = t, b.now()
	return t, true
}

// Guarded has the metrics tell how a guarded library system is doing.
func (w *Watch) Guarded(state func() guard.State) {
	of := func(name, help string, read func(guard.State) float64) {
		w.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "hoofdpas_library_" + name, Help: help},
			func() float64 { return read(state()) }))
	}
	of("resting", "1 while the library system is left alone because it failed time and again.", func(s guard.State) float64 {
		if s.Away {
			return 1
		}
		return 0
	})
	of("calls", "Calls to the library system that are being made.", func(s guard.State) float64 { return float64(s.Asking) })
	of("calls_waiting", "Calls that wait for their turn.", func(s guard.State) float64 { return float64(s.Waiting) })
	of("answers_kept", "Answers that are kept for a while.", func(s guard.State) float64 { return float64(s.Kept) })
}
