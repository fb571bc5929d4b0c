package app

import (
	"fmt"
	"net"
	"net/http"

	"github.com/realclientip/realclientip-go"
)

// behindProxies makes a request that came through a trusted proxy look as if it
// came from where the proxy says. Slowing down who guesses rests on addresses:
// without this everybody behind the proxy would share one, and with any other
// reading of the header everybody could make up a new one for each guess.
func behindProxies(next http.Handler, trusted []string) (http.Handler, error) {
	if len(trusted) == 0 {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			forget(r)
			next.ServeHTTP(w, r)
		}), nil
	}
	ranges, err := realclientip.AddressesAndRangesToIPNets(trusted...)
	if err != nil {
		return nil, fmt.Errorf("read trusted_proxies: %w", err)
	}
	client, err := realclientip.NewRightmostTrustedRangeStrategy("X-Forwarded-For", ranges)
	if err != nil {
		return nil, fmt.Errorf("read trusted_proxies: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, port, err := net.SplitHostPort(r.RemoteAddr)
		switch {
		case err != nil || !within(ranges, net.ParseIP(host)):
			forget(r)
		default:
			if ip := client.ClientIP(r.Header, r.RemoteAddr); ip != "" {
				r.RemoteAddr = net.JoinHostPort(ip, port)
			}
		}
		next.ServeHTTP(w, r)
	}), nil
}

// forget drops the trace that a stranger says the request belongs to.
func forget(r *http.Request) {
	r.Header.Del("Traceparent")
	r.Header.Del("Tracestate")
}

func within(ranges []net.IPNet, ip net.IP) bool {
	for _, n := range ranges {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}
