package request_test

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"hoofdpas/internal/request"
)

func TestEveryLineOfARequestHasItsNumber(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(request.Log(slog.NewTextHandler(&out, nil))).With("face", "leden").WithGroup("page")
	ctx, number := request.Numbered(t.Context())
	if !regexp.MustCompile(`^[A-Z0-9]{4}-[A-Z0-9]{4}$`).MatchString(number) || request.Number(ctx) != number {
		t.Errorf("got %q, and %q again", number, request.Number(ctx))
	}
	log.InfoContext(ctx, "in")
	if !strings.Contains(out.String(), "request="+number) {
		t.Errorf("logged %s", out.String())
	}
	out.Reset()
	log.InfoContext(t.Context(), "outside")
	if strings.Contains(out.String(), "request=") {
		t.Errorf("logged %s", out.String())
	}
	if _, other := request.Numbered(ctx); other == number {
		t.Error("two requests have one number")
	}
}
