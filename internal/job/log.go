package job

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// logbook writes one line for each run of a job. Our jobs' arguments are a
// payment number or a chore's name, and errors hold codes: nothing private.
type logbook struct {
	river.MiddlewareDefaults
	log   *slog.Logger
	now   func() time.Time
	watch func(ctx context.Context, kind string) (context.Context, func(error))
}

// Work implements rivertype.WorkerMiddleware.
func (l *logbook) Work(ctx context.Context, job *rivertype.JobRow, do func(context.Context) error) error {
	began := l.now()
	ctx, end := l.watching(ctx, job)
	err := do(ctx)
	line := []any{
		"kind", job.Kind, "args", string(job.EncodedArgs), "job", job.ID, "attempt", job.Attempt, "took", l.now().Sub(began),
	}
	var snoozed *rivertype.JobSnoozeError
	waits := errors.As(err, &snoozed)
	if waits {
		end(context.DeadlineExceeded) // somebody did not answer, and is asked again
	} else {
		end(err)
	}
	switch {
	case waits:
		l.log.WarnContext(ctx, "job has to wait", append(line, "again_in", snoozed.Duration, "error", err)...)
	case err != nil:
		l.log.ErrorContext(ctx, "job went wrong", append(line, "error", err)...)
	case job.Kind == choreArgs{}.Kind():
		l.log.DebugContext(ctx, "job done", line...)
	default:
		l.log.InfoContext(ctx, "job done", line...)
	}
	return err
}

// watching tells whoever watches that a job has begun. A chore is told by its name.
func (l *logbook) watching(ctx context.Context, job *rivertype.JobRow) (context.Context, func(error)) {
	if l.watch == nil {
		return ctx, func(error) {}
	}
	kind := job.Kind
	var chore choreArgs
	if kind == chore.Kind() && json.Unmarshal(job.EncodedArgs, &chore) == nil {
		kind += "." + chore.Chore
	}
	return l.watch(ctx, kind)
}

// onlyTrouble lets warnings and errors through: what goes well we say ourselves.
type onlyTrouble struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h onlyTrouble) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h onlyTrouble) WithAttrs(attrs []slog.Attr) slog.Handler {
	return onlyTrouble{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h onlyTrouble) WithGroup(name string) slog.Handler {
	return onlyTrouble{h.Handler.WithGroup(name)}
}
