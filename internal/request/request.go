// Package request is around every request, whichever face answers it: a number, an
// end, and one line in the log. What somebody saw on an error page can be found in the
// log by the number: the page shows it, and every line that is logged with the
// request's context has it.
package request

import (
	"context"
	"crypto/rand"
	"log/slog"
)

type key struct{}

// letters are those that are not taken for one another when somebody reads a
// number out on the telephone.
const letters = "ACDEFGHJKMNPQRTUVWXY34679"

// Numbered gives the request a new number, such as "K7QD-3XAM": 37 bits of chance,
// enough to find one among the requests of some days.
func Numbered(ctx context.Context) (numbered context.Context, number string) {
	const half, whole = 4, 8
	var drawn [whole]byte
	rand.Read(drawn[:]) // it never fails
	for i, b := range drawn {
		drawn[i] = letters[int(b)%len(letters)]
	}
	number = string(drawn[:half]) + "-" + string(drawn[half:])
	return context.WithValue(ctx, key{}, number), number
}

// Number is the request's number, "" outside of one.
func Number(ctx context.Context) string {
	number, _ := ctx.Value(key{}).(string)
	return number
}

// Log adds the request's number to every line that is logged in it.
func Log(next slog.Handler) slog.Handler { return handler{next} }

type handler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if number := Number(ctx); number != "" {
		r.AddAttrs(slog.String("request", number))
	}
	return h.Handler.Handle(ctx, r) //nolint:wrapcheck // the handler's own
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
