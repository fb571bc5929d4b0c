package watch

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	metrics "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Endpoint sends traces by OTLP over HTTP to an address such as
// http://127.0.0.1:4318, where collectors take them at /v1/traces; another path
// stays as it is. What is not taken is dropped, and said in the log.
func Endpoint(ctx context.Context, address string, log *slog.Logger) (sdk.SpanExporter, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("read the address that traces go to: %w", err)
	}
	if strings.Trim(u.Path, "/") == "" {
		u = u.JoinPath("v1/traces")
	}
	e, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()))
	if err != nil {
		return nil, fmt.Errorf("prepare to send traces: %w", err)
	}
	return &sender{SpanExporter: e, log: log}, nil
}

// sender says once that traces are not taken, and once that they are again.
type sender struct {
	sdk.SpanExporter
	log  *slog.Logger
	lost atomic.Bool
}

// ExportSpans implements sdk.SpanExporter.
func (s *sender) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := s.SpanExporter.ExportSpans(ctx, spans)
	switch lost := s.lost.Swap(err != nil); {
	case err != nil && !lost:
		s.log.WarnContext(ctx, "traces cannot be sent", "error", err)
	case err == nil && lost:
		s.log.InfoContext(ctx, "traces are sent again")
	}
	return nil
}

func service(version string) *resource.Resource {
	return resource.NewSchemaless(attribute.String("service.name", "hoofdpas"), attribute.String("service.version", version))
}

// OpenDB opens a database so that its queries are seen in the traces: their texts,
// which hold none of their arguments. What belongs to no request and to no job is
// left out: over SQLite, the queue alone looks dozens of times a second whether there
// is something to do. Without traces it is sql.OpenDB.
func (w *Watch) OpenDB(c driver.Connector) *sql.DB {
	if w.traces == nil {
		return sql.OpenDB(c)
	}
	return otelsql.OpenDB(c, otelsql.WithTracerProvider(w.traces), otelsql.WithMeterProvider(metrics.NewMeterProvider()),
		otelsql.WithSpanOptions(otelsql.SpanOptions{
			OmitConnResetSession: true, OmitConnectorConnect: true, OmitRows: true, DisableErrSkip: true,
			RecordError: func(error) bool { return false }, // it may quote what somebody typed
			SpanFilter: func(ctx context.Context, _ otelsql.Method, _ string, _ []driver.NamedValue) bool {
				return trace.SpanContextFromContext(ctx).IsValid()
			},
		}))
}
