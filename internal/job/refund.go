package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
)

// refunder asks the provider to pay back. It never gives up: we owe it. What the
// provider refuses for good is no error here; the desk is told of it.
type refunder struct {
	river.WorkerDefaults[payment.RefundJob]
	cashier Cashier
	now     func() time.Time
	first   time.Duration
}

// Work implements river.Worker.
func (f *refunder) Work(ctx context.Context, job *river.Job[payment.RefundJob]) error {
	err := f.cashier.SeeThrough(ctx, job.Args.Refund)
	switch {
	case err == nil:
		return nil
	case problem.Has(err, payment.ReasonNotFound):
		return river.JobCancel(err) //nolint:wrapcheck // the runner's own
	}
	return later{err, river.JobSnooze(pause(f.first, f.now().Sub(job.CreatedAt)))}
}
