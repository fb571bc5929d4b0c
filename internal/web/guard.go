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

// guard is the outermost layer: security headers, bounds on body and time, and
// the log line, which has the route's pattern, never the path or the query,
// since these may hold numbers. A handler that panics has become an error page
// in serve; what panics in a layer between is answered here.
func (s *Shell) guard(next http.Handler) http.Handler {
	frame := request.Frame{Log: s.Log, Now: s.Now, Watch: s.Watch}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line := &wide{route: "none"}
		rec := &request.Recorder{ResponseWriter: w}
		r, ended := frame.Begin(rec, r)
		defer func() {
			broke := recover()
			if broke == http.ErrAbortHandler { //nolint:errorlint,err113 // a panic's value is compared as it is
				panic(broke) // asks for the connection to be cut
			}
			if broke != nil {
				s.Log.ErrorContext(r.Context(), "a page broke", "route", line.route, "panic", broke,
					"stack", string(debug.Stack()))
				if rec.Status == 0 {
					rec.WriteHeader(http.StatusInternalServerError)
				}
			}
			ended("request", line.route, rec.Status, slog.Int64("bytes", rec.Bytes))
		}()
		headers(rec.Header(), s.secure())
		r.Body = http.MaxBytesReader(rec, r.Body, maxForm)
		next.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), wideKey{}, line)))
	})
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
