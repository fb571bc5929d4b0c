package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// longest is the longest wait between two tries of a delivery.
const longest = 15 * time.Minute

// deliverer tells the library system of a paid payment. It never gives up: the
// member has paid.
type deliverer struct {
	river.WorkerDefaults[payment.DeliveryJob]
	cashier Cashier
	now     func() time.Time
	first   time.Duration
}

// Work implements river.Worker.
func (d *deliverer) Work(ctx context.Context, job *river.Job[payment.DeliveryJob]) error {
	err := d.cashier.Deliver(ctx, job.Args.Payment)
	switch {
	case err == nil:
		return nil
	case problem.Has(err, payment.ReasonNotFound):
		return river.JobCancel(err) //nolint:wrapcheck // the runner's own
	}
	// Not an error of the job, which would count its tries and end them.
	return later{err, river.JobSnooze(pause(d.first, d.now().Sub(job.CreatedAt)))}
}

// pause waits as long again as has been waited so far.
func pause(first, waited time.Duration) time.Duration { return min(longest, max(first, waited)) }

// later is why a job has to wait, and how long.
type later struct{ why, snooze error }

func (l later) Error() string   { return l.why.Error() }
func (l later) Unwrap() []error { return []error{l.snooze, l.why} }
