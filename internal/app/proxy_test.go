package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyATrustedProxyIsBelievedAboutWhoAsks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		trusted            []string
		from, header, want string
	}{
		{"no proxy is trusted", nil, "192.0.2.1:1234", "198.51.100.7", "192.0.2.1:1234"},
		{"a stranger makes up an address", []string{"127.0.0.1"}, "192.0.2.1:1234", "198.51.100.7", "192.0.2.1:1234"},
		{"our proxy says who asks", []string{"127.0.0.1"}, "127.0.0.1:1234", "198.51.100.7", "198.51.100.7:1234"},
		{"what stands before our proxy's word is made up", []string{"127.0.0.1"}, "127.0.0.1:1234", "203.0.113.9, 198.51.100.7", "198.51.100.7:1234"},
		{"two of our proxies", []string{"127.0.0.1", "10.0.0.0/8"}, "127.0.0.1:1234", "198.51.100.7, 10.1.2.3", "198.51.100.7:1234"},
		{"our proxy says nothing", []string{"127.0.0.1"}, "127.0.0.1:1234", "", "127.0.0.1:1234"},
		{"our proxy says nonsense", []string{"127.0.0.1"}, "127.0.0.1:1234", "nobody", "127.0.0.1:1234"},
		{"IPv6", []string{"::1"}, "[::1]:1234", "2001:db8::7", "[2001:db8::7]:1234"},
	} {
		got := ""
		h, err := behindProxies(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }), c.trusted)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = c.from
		if c.header != "" {
			r.Header.Set("X-Forwarded-For", c.header)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
