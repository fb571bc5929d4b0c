package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// httpAsk is one request of an app.
type httpAsk struct {
	verb, address, language string
	token                   string
	body                    map[string]any // nil for none
	trusted                 string         // a file of certificates
	patience                time.Duration
	open                    bool // secrets are printed too
}

// askHTTP sends a request, and prints it and the answer with their headers. It
// follows nothing: where a server sends us is to be seen.
func (w *world) askHTTP(a httpAsk) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(w.ctx, a.patience)
	defer cancel()
	var raw []byte
	if a.body != nil {
		if raw, err = json.Marshal(a.body); err != nil {
			return 0, nil, fmt.Errorf("write the request: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, a.verb, a.address, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, fmt.Errorf("--to: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Language", a.language)
	req.Header.Set("User-Agent", "hoofdpas/"+version)
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	if raw != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	a.head(w.out, "→ ", a.verb+" "+req.URL.RequestURI()+" HTTP/1.1", req.Header, "Host: "+req.URL.Host)
	a.content(w.out, raw)
	pool, err := certificates(a.trusted)
	if err != nil {
		return 0, nil, err
	}
	client := &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("ask: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	const longest = 4 << 20
	answer, err = io.ReadAll(io.LimitReader(resp.Body, longest+1))
	if err == nil && len(answer) > longest {
		err = errors.New("it does not end")
	}
	a.head(w.out, "← ", resp.Proto+" "+resp.Status, resp.Header)
	a.content(w.out, answer)
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	return resp.StatusCode, answer, nil
}

// head prints the first line and the headers.
func (a httpAsk) head(out io.Writer, arrow, first string, h http.Header, more ...string) {
	lines := more
	for name, values := range h {
		for _, value := range values {
			if kind, _, ok := strings.Cut(value, " "); name == "Authorization" && ok && !a.open {
				value = kind + " •••"
			}
			lines = append(lines, name+": "+value)
		}
	}
	slices.Sort(lines)
	for _, line := range append([]string{first}, lines...) {
		fmt.Fprintln(out, arrow+line)
	}
	fmt.Fprintln(out)
}

// secretValues are the passwords and tokens in JSON.
var secretValues = regexp.MustCompile(`("(?:password|old_password|new_password|access_token|refresh_token)"\s*:\s*)"(?:[^"\\]|\\.)*"`)

// content prints a body, JSON with a line for each value.
func (a httpAsk) content(out io.Writer, raw []byte) {
	if len(raw) == 0 {
		return
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, raw, "", "  ") != nil {
		pretty.Reset()
		for line := range strings.Lines(string(raw)) {
			pretty.WriteString(strings.Map(sign, strings.TrimRight(line, "\r\n")) + "\n")
		}
	}
	text := pretty.Bytes()
	if !a.open {
		text = secretValues.ReplaceAll(text, []byte(`$1"•••"`))
	}
	fmt.Fprintf(out, "%s\n\n", bytes.TrimSpace(text))
}
