package soak

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// wire stands between the program and the provider. Now and then the program
// dies just when the provider has done what it was asked, and before it hears
// so: the moment at which an order or a refund is most easily made twice.
func (w *world) wire() string {
	w.t.Helper()
	target, err := url.Parse(w.bank.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // the provider's answer is lost, and so is this one
		},
		ModifyResponse: func(answer *http.Response) error {
			if w.mayDie(answer.Request) {
				select {
				case w.die <- struct{}{}:
					w.atTheWorst.Add(1)
					<-answer.Request.Context().Done() // it is dead
				default: // nobody kills any more
				}
			}
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	w.t.Cleanup(server.Close)
	return server.URL
}

// mayDie draws whether the program dies over this request.
func (w *world) mayDie(r *http.Request) bool {
	if r.Method != http.MethodPost || w.enough() {
		return false
	}
	if strings.HasSuffix(r.URL.Path, "/refunds") {
		return rand.IntN(3) == 0
	}
	return rand.IntN(60) == 0
}

// lives lets the program live for a while; it dies earlier when the wire says
// so. It reports whether everything is over.
func (w *world) lives(life time.Duration, done <-chan struct{}) (over bool) {
	timer := time.NewTimer(life)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	case <-w.die:
	}
	return false
}
