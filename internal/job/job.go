// Package job runs what must happen without anybody waiting for it: telling the
// library system what was paid, and the chores of the clock. It decides nothing:
// each job calls a use case. Jobs are rows in the store, kept in the same
// transaction as what they are about; one that a dying program left behind is
// taken up by the next.
package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"hoofdpas/internal/payment"
)

// Cashier delivers and looks after payments. payment.Cashier is one.
type Cashier interface {
	Deliver(ctx context.Context, id payment.ID) error
	SeeThrough(ctx context.Context, id payment.RefundID) error
	AskWaiting(ctx context.Context) (int, error)
	FollowRefunds(ctx context.Context) (int, error)
	Nightly(ctx context.Context) error
}

// Book takes the clock's steps on mandates. mandate.Book is one.
type Book interface {
	ExpireLapsed(ctx context.Context) (int, error)
	CloseGone(ctx context.Context) (int, error)
}

// Sweeper throws away what nobody needs any more.
type Sweeper func(ctx context.Context) error

// Options are what the jobs work with.
type Options struct {
	Driver   riverdriver.Driver[*sql.Tx]
	Cashier  Cashier
	Book     Book
	Sweepers []Sweeper
	// Sync asks a library system that is not ours for some cards, at night; nil
	// when it is ours.
	Sync    func(ctx context.Context) error
	Letters Letters
	// Watch, when there is one, is told of each run of a job that begins and, by
	// what it returns, how it ended.
	Watch func(ctx context.Context, kind string) (context.Context, func(error))
	Now   func() time.Time
	// Zone is the library's: chores of the night are done in its night.
	Zone *time.Location
	Log  *slog.Logger
}

// timing is how patient the runner is.
type timing struct {
	poll    time.Duration // between two looks for new jobs
	timeout time.Duration // for one run of a job
	rescue  time.Duration // after which a run that nobody ended is taken to be dead
	grace   time.Duration // for the running jobs when the program stops
	retry   time.Duration // before a delivery is tried again for the first time
}

func usual() timing {
	return timing{
		poll: time.Second, timeout: 2 * time.Minute, rescue: 3 * time.Minute, grace: 20 * time.Second, retry: 5 * time.Second,
	}
}

// Runner runs the jobs.
type Runner struct{ client *river.Client[*sql.Tx] }

// New prepares a runner over a migrated store.
func New(o Options) (*Runner, error) { return newRunner(o, usual()) }

func newRunner(o Options, t timing) (*Runner, error) {
	const (
		atOnce = 4
		// Jobs that piled up while a library system or the program was away are
		// short: with the usual tenth of a second most of the time is waiting.
		cooldown = 20 * time.Millisecond
	)
	workers := river.NewWorkers()
	err := errors.Join(
		river.AddWorkerSafely(workers, &deliverer{cashier: o.Cashier, now: o.Now, first: t.retry}),
		river.AddWorkerSafely(workers, &refunder{cashier: o.Cashier, now: o.Now, first: t.retry}),
		river.AddWorkerSafely(workers, &writer{letters: o.Letters, now: o.Now, first: t.retry}),
		river.AddWorkerSafely(workers, newChoreman(o)),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare the jobs: %w", err)
	}
	client, err := river.NewClient(o.Driver, &river.Config{
		Workers: workers,
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: atOnce}, payment.LetterQueue: {MaxWorkers: 1},
		},
		Logger:  slog.New(onlyTrouble{o.Log.Handler()}),
		Plugins: []rivertype.Plugin{&logbook{log: o.Log, now: o.Now, watch: o.Watch}},

		PeriodicJobs:                periodic(o.Zone),
		FetchPollInterval:           t.poll,
		FetchCooldown:               cooldown,
		JobTimeout:                  t.timeout,
		RescueStuckJobsAfter:        t.rescue,
		SoftStopTimeout:             t.grace,
		CompletedJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the jobs: %w", err)
	}
	return &Runner{client: client}, nil
}

// Run runs jobs until the context ends. It then takes up no more, and returns
// when the running ones have ended; after a while they are told to.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.client.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // stopped while starting
		}
		return fmt.Errorf("start the jobs: %w", err)
	}
	<-r.client.Stopped()
	return nil
}
