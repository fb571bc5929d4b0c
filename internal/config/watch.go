package config

import (
	"net"
	"net/url"
)

// Metrics says where the program tells how it is doing.
type Metrics struct {
	// Listen is the address of /metrics, /livez and /readyz; "" tells nobody.
	Listen string `koanf:"listen"`
}

// Tracing says where traces go.
type Tracing struct {
	// Endpoint takes OTLP over HTTP; "" makes no traces.
	Endpoint string `koanf:"endpoint"`
}

func watchKeys() []key {
	return []key{
		{"metrics.listen", "", "address and port for /metrics, /livez and /readyz, such as 127.0.0.1:9100; not for the world", nil},
		{"tracing.endpoint", "", "where traces go by OTLP over HTTP, such as http://127.0.0.1:4318; empty makes none", maskURL},
	}
}

func (c Config) validateWatch(f *faults) {
	if c.Metrics.Listen != "" {
		if _, port, err := net.SplitHostPort(c.Metrics.Listen); err != nil || port == "" {
			f.add("metrics.listen: %q is no address with a port; write for example 127.0.0.1:9100", c.Metrics.Listen)
		}
	}
	if c.Tracing.Endpoint != "" {
		u, err := url.Parse(c.Tracing.Endpoint)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
			f.add("tracing.endpoint: write an address without a user, such as http://127.0.0.1:4318")
		}
	}
}
