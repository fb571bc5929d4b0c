package hook

import (
	"cmp"
	"net/http"
	"runtime/debug"

	"hoofdpas/internal/request"
)

// route is the address's pattern: the address itself may be of anybody's making.
const route = "/betalen/melding/{provider}"

// Watched gives each webhook the frame of every request: a number, an end, a line in
// the log. A provider tells again what was not answered in time, or broke.
func Watched(next http.Handler, frame request.Frame) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &request.Recorder{ResponseWriter: w}
		r, ended := frame.Begin(rec, r)
		defer func() {
			if broke := recover(); broke != nil {
				frame.Log.ErrorContext(r.Context(), "a webhook broke", "panic", broke, "stack", string(debug.Stack()))
				if rec.Status == 0 {
					answer(rec, http.StatusInternalServerError)
				}
			}
			ended("webhook", route, cmp.Or(rec.Status, http.StatusOK))
		}()
		next.ServeHTTP(rec, r)
	})
}
