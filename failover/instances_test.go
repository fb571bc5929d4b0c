package failover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// instances are three of the program behind one address.
type instances struct {
	*place
	binary, address string
	environ         []string
	cluster         *cluster
	ready           []string // addresses that say whether an instance is
}

// haproxySettings shares out the members, and finds the primary. An instance that
// cannot reach its store is not ready; when none is, members are sent to one that is
// alive, which asks for their patience in our own words.
const haproxySettings = `global
    maxconn 1000
defaults
    timeout connect 2s
    timeout check 2s
listen postgres
    bind 127.0.0.1:%[1]s
    mode tcp
    timeout client 3h
    timeout server 3h
    option httpchk OPTIONS /primary
    http-check expect status 200
    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
%[2]sfrontend members
    bind %[3]s
    mode http
    timeout client 60s
    option forwardfor
    use_backend ready if { nbsrv(ready) gt 0 }
    default_backend alive
backend ready
    mode http
    timeout server 60s
    option httpchk GET /readyz
    option redispatch 1
    retry-on conn-failure empty-response
    http-request disable-l7-retry unless METH_GET
    default-server inter 1s fall 2 rise 1
%[4]sbackend alive
    mode http
    timeout server 60s
    option httpchk GET /livez
    default-server inter 1s fall 2 rise 1
%[4]s`

func newInstances(c *cluster, providerURL, providerKey string) *instances {
	c.t.Helper()
	in := &instances{place: c.place, cluster: c, address: "127.0.0.1:" + c.port(), binary: c.build()}
	in.environ = []string{
		"HOOFDPAS_PUBLIC_URL=http://" + in.address, "HOOFDPAS_TRUSTED_PROXIES=127.0.0.1",
		"HOOFDPAS_LIBRARY_ZONE=UTC", "HOOFDPAS_CLOSING_WEEKDAYS=sunday",
		"HOOFDPAS_PAYMENT_PROVIDER=mollie", "HOOFDPAS_PAYMENT_MOLLIE_KEY=" + providerKey, "HOOFDPAS_PAYMENT_MOLLIE_URL=" + providerURL,
	}
	return in
}

// serve starts HAProxy and, behind it, the instances.
func (in *instances) serve() {
	in.t.Helper()
	const many = 3
	var primaries, servers string
	for _, n := range in.cluster.nodes {
		primaries += fmt.Sprintf("    server %s 127.0.0.1:%s check port %s\n", n.name, n.port, n.rest)
	}
	var start []func()
	for i := range many {
		address := in.cluster.behindProxy()
		if i == many-1 {
			address = in.cluster.byItself()
		}
		name, port, metrics := fmt.Sprintf("instance%d", i+1), in.port(), in.port()
		servers += fmt.Sprintf("    server %s 127.0.0.1:%s check port %s\n", name, port, metrics)
		in.ready = append(in.ready, "http://127.0.0.1:"+metrics+"/readyz")
		start = append(start, func() {
			in.start(name, append(in.environ, "HOOFDPAS_STORE="+address, "HOOFDPAS_LISTEN=127.0.0.1:"+port,
				"HOOFDPAS_METRICS_LISTEN=127.0.0.1:"+metrics), in.binary, "serve")
		})
	}
	in.cluster.start("haproxy", nil, "/usr/sbin/haproxy", "-db", "-f",
		in.write("haproxy.cfg", fmt.Sprintf(haproxySettings, in.cluster.proxy, primaries, in.address, servers)))
	in.until("HAProxy has found out who is the primary", func() bool {
		for range 10 { // by turns
			conn, err := pgx.Connect(context.Background(), in.cluster.behindProxy())
			if err != nil || conn.Close(context.Background()) != nil {
				return false
			}
		}
		return true
	})
	for _, f := range start {
		f()
	}
	in.allReady()
}

// allReady waits until every instance can serve members, and HAProxy knows.
func (in *instances) allReady() {
	in.t.Helper()
	for _, r := range in.ready {
		in.until("every instance is ready", func() bool { return in.status(r) == http.StatusOK })
	}
	in.until("HAProxy sends members on", func() bool { return in.status("http://"+in.address+"/inloggen") == http.StatusOK })
}

func (p *place) build() string {
	p.t.Helper()
	// go test remembers which files a test looked at, and runs it again when one
	// changed. The compiler is another process, so look here.
	for _, folder := range []string{"../cmd", "../internal", "../assets", "../go.mod"} {
		_ = filepath.WalkDir(folder, func(string, fs.DirEntry, error) error { return nil })
	}
	binary := filepath.Join(p.folder, "hoofdpas")
	c := exec.CommandContext(p.t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "./cmd/hoofdpas")
	c.Dir = ".."
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		p.t.Fatalf("build the program: %v\n%s", err, out)
	}
	return binary
}

// must runs a subcommand that must succeed, and returns what it printed.
func (in *instances) must(args ...string) string {
	in.t.Helper()
	var out bytes.Buffer
	c := exec.CommandContext(context.Background(), in.binary, args...)
	c.Dir, c.Stdout, c.Stderr = in.folder, &out, &out
	c.Env = append(in.environ, "HOME="+in.folder, "TMPDIR="+in.folder, "HOOFDPAS_STORE="+in.cluster.byItself())
	c.SysProcAttr = &syscall.SysProcAttr{Credential: in.as}
	var exit *exec.ExitError
	if err := c.Run(); errors.As(err, &exit) {
		in.t.Errorf("%s ended with %d:\n%s", strings.Join(args, " "), exit.ExitCode(), out.String())
	} else if err != nil {
		in.t.Fatal(err)
	}
	return out.String()
}
