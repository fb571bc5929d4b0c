package web

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"hoofdpas/internal/request"
)

// maxForm bounds a form in bytes. Our largest, paying a long list of fees, has
// some ten thousand.
const maxForm = 64 << 10

type wideKey struct{}

// wide is the one log line of a request.
type wide struct{ route string }

func noteRoute(r *http.Request, pattern string) {
	if l, ok := r.Context().Value(wideKey{}).(*wide); ok {
		l.route = pattern
	}
}

// answerWithin bounds the work for one request. It is well under the time after
// which the server hangs up, so that a reader gets a page in any case.
const answerWithin = 20 * time.Second

// guard is the outermost layer: security headers, bounds on body and time, and
// the log line, which has the route's pattern, never the path or the query,
// since these may hold numbers. A handler that panics has become an error page
// in serve; what panics in a layer between is answered here.
func (s *Shell) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := s.Now()
		line := &wide{route: "none"}
		rec := &recorder{ResponseWriter: w}
		ctx, number := request.Numbered(r.Context())
		rec.Header().Set("X-Request-Id", number)
		ctx, watched := s.watch(ctx, r)
		r = r.WithContext(ctx)
		defer func() {
			broke := recover()
			if broke == http.ErrAbortHandler { //nolint:errorlint,err113 // a panic's value is compared as it is
				panic(broke) // asks for the connection to be cut
			}
			if broke != nil {
				s.Log.ErrorContext(r.Context(), "a page broke", "route", line.route, "panic", broke,
					"stack", string(debug.Stack()))
				if rec.status == 0 {
					rec.WriteHeader(http.StatusInternalServerError)
				}
			}
			watched(r.Method, line.route, rec.status)
			s.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("method", r.Method),
				slog.String("route", line.route), slog.Int("status", rec.status),
				slog.Int64("bytes", rec.bytes), slog.Duration("took", s.Now().Sub(started)))
		}()
		headers(rec.Header(), s.secure())
		r.Body = http.MaxBytesReader(rec, r.Body, maxForm)
		ctx, cancel := context.WithTimeout(context.WithValue(ctx, wideKey{}, line), answerWithin)
		defer cancel()
		next.ServeHTTP(rec, r.WithContext(ctx))
	})
}

// watch tells whoever watches that a request has begun.
func (s *Shell) watch(ctx context.Context, r *http.Request) (context.Context, func(method, route string, status int)) {
	if s.Watch == nil {
		return ctx, func(string, string, int) {}
	}
	return s.Watch(ctx, r)
}

// headers sets what every answer carries. Pages show what somebody reads and
// owes, so no cache keeps them and no other site frames them. They need no
// script, so none runs, not even one that somebody smuggles in.
func headers(h http.Header, secure bool) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; font-src 'self'; "+
		"img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	if secure {
		h.Set("Strict-Transport-Security", "max-age="+hstsSeconds+"; includeSubDomains")
	}
}

const hstsSeconds = "31536000" // one year (ASVS 3.4.1)

// cookie is the base of every cookie of ours: out of reach of scripts and of
// other sites' forms, and for https only where members come over https.
func (s *Shell) cookie(name string, keep time.Duration) http.Cookie {
	return http.Cookie{
		Name: s.CookieName(name), Path: "/", MaxAge: int(keep / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure(),
	}
}

// CookieName is the name of a cookie: with the __Host- prefix over https, which
// keeps a neighbouring host from setting it.
func (s *Shell) CookieName(name string) string {
	if s.secure() {
		return "__Host-" + name
	}
	return name
}

// recorder remembers status and size for the log line.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err //nolint:wrapcheck // a writer's error is the reader's hang-up
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
