package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// choreArgs names one of the chores.
type choreArgs struct {
	Chore string `json:"chore"`
}

// Kind names the job.
func (choreArgs) Kind() string { return "chore" }

// The chores and how often they are done.
const (
	askWaiting  = "ask about open payments"
	refunds     = "follow refunds"
	nightlyLook = "compare with the payment provider"
	askForAll   = "ask the library system for cards"
	expire      = "expire mandates"
	closeGone   = "end mandates of closed cards"
	sweep       = "sweep"
)

func periodic(zone *time.Location) []*river.PeriodicJob {
	when := func(schedule river.PeriodicSchedule, chore string, atOnce bool) *river.PeriodicJob {
		return river.NewPeriodicJob(schedule, func() (river.JobArgs, *river.InsertOpts) {
			return choreArgs{chore}, &river.InsertOpts{
				MaxAttempts: 1, // its next turn is its next try
				UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
					rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
					rivertype.JobStateRunning, rivertype.JobStateScheduled,
				}},
			}
		}, &river.PeriodicJobOpts{RunOnStart: atOnce})
	}
	every := func(interval time.Duration, chore string) *river.PeriodicJob {
		return when(river.PeriodicInterval(interval), chore, true)
	}
	nightly := when(night{cmp.Or(zone, time.UTC)}, nightlyLook, false)
	const often = 5 * time.Minute
	return []*river.PeriodicJob{
		every(time.Minute, askWaiting), every(time.Hour, refunds), nightly, every(often, askForAll), every(often, expire), every(often, closeGone), every(time.Hour, sweep),
	}
}

// night is a schedule: once a night, when the library is closed and the payment
// provider has the day complete.
type night struct{ zone *time.Location }

// Next implements river.PeriodicSchedule.
func (n night) Next(now time.Time) time.Time {
	const hour, minute = 3, 30
	at := now.In(n.zone)
	next := time.Date(at.Year(), at.Month(), at.Day(), hour, minute, 0, 0, n.zone)
	if !next.After(now) {
		next = time.Date(at.Year(), at.Month(), at.Day()+1, hour, minute, 0, 0, n.zone)
	}
	return next
}

// quiet reports whether hardly anybody asks the library system for anything.
func quiet(at time.Time) bool { return at.Hour() >= 1 && at.Hour() < 6 }

// choreman does the chores.
type choreman struct {
	river.WorkerDefaults[choreArgs]
	chores map[string]func(context.Context) error
}

func newChoreman(o Options) *choreman {
	counted := func(do func(context.Context) (int, error)) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := do(ctx)
			return err
		}
	}
	return &choreman{chores: map[string]func(context.Context) error{
		askWaiting:  counted(o.Cashier.AskWaiting),
		refunds:     counted(o.Cashier.FollowRefunds),
		nightlyLook: o.Cashier.Nightly,
		askForAll: func(ctx context.Context) error {
			if o.Sync == nil || !quiet(o.Now().In(cmp.Or(o.Zone, time.UTC))) {
				return nil
			}
			return o.Sync(ctx)
		},
		expire:    counted(o.Book.ExpireLapsed),
		closeGone: counted(o.Book.CloseGone),
		sweep: func(ctx context.Context) error {
			var errs []error
			for _, s := range o.Sweepers {
				errs = append(errs, s(ctx))
			}
			return errors.Join(errs...)
		},
	}}
}

// wholeNight is for the comparison of a quarter: the provider's list comes a page
// at a time, and one that is broken off begins anew a week later.
const wholeNight = 2 * time.Hour

// Timeout implements river.Worker.
func (*choreman) Timeout(job *river.Job[choreArgs]) time.Duration {
	if job.Args.Chore == nightlyLook {
		return wholeNight
	}
	return 0 // as long as any job
}

// Work implements river.Worker.
func (c *choreman) Work(ctx context.Context, job *river.Job[choreArgs]) error {
	do, ok := c.chores[job.Args.Chore]
	if !ok { // left behind by another version of the program
		return river.JobCancel(fmt.Errorf("no chore %q", job.Args.Chore)) //nolint:wrapcheck // the runner's own
	}
	return do(ctx)
}
