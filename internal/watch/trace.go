package watch

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	metrics "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Endpoint sends traces by OTLP over HTTP to an address such as
// http://127.0.0.1:4318.
func Endpoint(ctx context.Context, address string) (sdk.SpanExporter, error) {
	e, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(address))
	if err != nil {
		return nil, fmt.Errorf("prepare to send traces: %w", err)
	}
	return e, nil
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
