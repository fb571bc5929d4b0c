package failover

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// cluster is PostgreSQL with a synchronous replica, and who decides which is which.
type cluster struct {
	*place
	nodes [2]*node
	etcd  string // its port
	proxy string // HAProxy's port, behind which is the primary
}

// node is one PostgreSQL and its Patroni.
type node struct {
	name, port, rest string
	data             string
	settings         string // Patroni's file
	agent            *process
}

// patroniSettings follows Patroni's documentation (YAML configuration, replication
// modes): nothing is committed before the replica has it.
const patroniSettings = `scope: hoofdpas
name: %[1]s
restapi: {listen: "127.0.0.1:%[2]s", connect_address: "127.0.0.1:%[2]s"}
etcd3: {host: "127.0.0.1:%[3]s"}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 3
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql: {use_pg_rewind: true, parameters: {max_connections: 100}}
  initdb: [{encoding: UTF8}, {locale: C.UTF-8}, data-checksums]
postgresql:
  listen: "127.0.0.1:%[4]s"
  connect_address: "127.0.0.1:%[4]s"
  data_dir: %[5]s
  bin_dir: %[6]s
  pgpass: %[5]s.pass
  authentication:
    superuser: {username: postgres}
    replication: {username: replicator}
  parameters: {unix_socket_directories: "%[7]s", shared_buffers: 64MB}
  pg_hba: ["host all all 127.0.0.1/32 trust", "host replication replicator 127.0.0.1/32 trust", "local all all trust"]
`

func newCluster(p *place) *cluster {
	p.t.Helper()
	c := &cluster{place: p, etcd: p.port(), proxy: p.port()}
	peer := p.port()
	client, among := "http://127.0.0.1:"+c.etcd, "http://127.0.0.1:"+peer
	p.start("etcd", nil, "etcd", "--data-dir", filepath.Join(p.folder, "etcd"),
		"--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", among, "--initial-advertise-peer-urls", among, "--initial-cluster", "default="+among)
	p.until("etcd answers", func() bool { return p.status(client+"/health") == http.StatusOK })
	for i := range c.nodes {
		n := &node{name: fmt.Sprintf("node%d", i+1), port: p.port(), rest: p.port()}
		n.data = filepath.Join(p.folder, n.name)
		n.settings = p.write(n.name+".yaml", fmt.Sprintf(patroniSettings, n.name, n.rest, c.etcd, n.port, n.data, p.postgres, p.folder))
		c.nodes[i] = n
		c.run(n)
		if i == 0 {
			p.until("there is a primary", func() bool { return c.is(n, "primary") })
		}
	}
	c.settled()
	for _, statement := range []string{`CREATE ROLE hoofdpas LOGIN`, `CREATE DATABASE hoofdpas OWNER hoofdpas`} {
		c.ask(c.primary(), statement)
	}
	return c
}

// run starts Patroni, which starts PostgreSQL. That one outlives it.
func (c *cluster) run(n *node) {
	n.agent = c.start(n.name, nil, "/usr/bin/patroni", n.settings)
	c.t.Cleanup(func() {
		n.agent.kill()
		c.killPostgres(n)
	})
}

// postmaster is PostgreSQL's first process; 0 is none.
func (n *node) postmaster() int { return pidIn(filepath.Join(n.data, "postmaster.pid")) }

func (c *cluster) killPostgres(n *node) {
	if pid := n.postmaster(); pid > 0 {
		_ = syscall.Kill(pid, syscall.SIGKILL) // gone already
	}
}

// status is what an address answers; 0 is nothing.
func (p *place) status(address string) int {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		return 0
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// is reports whether the node's Patroni says that it is primary, or synchronous.
func (c *cluster) is(n *node, what string) bool {
	return c.status("http://127.0.0.1:"+n.rest+"/"+what) == http.StatusOK
}

// primary is the node that takes writes; nil while none does.
func (c *cluster) primary() *node {
	for _, n := range c.nodes {
		if c.is(n, "primary") {
			return n
		}
	}
	return nil
}

func (c *cluster) other(n *node) *node {
	if n == c.nodes[0] {
		return c.nodes[1]
	}
	return c.nodes[0]
}

// settled waits until there is a primary with a synchronous replica.
func (c *cluster) settled() {
	c.t.Helper()
	c.until("a synchronous replica follows a primary", func() bool {
		n := c.primary()
		return n != nil && c.is(c.other(n), "synchronous")
	})
}

func (c *cluster) ask(n *node, statement string) {
	c.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, "postgres://postgres@127.0.0.1:"+n.port+"/postgres")
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		c.t.Fatal(err)
	}
}

// behindProxy is the store's address by way of HAProxy, which knows the primary but
// for the second in which it changes.
func (c *cluster) behindProxy() string {
	return "postgres://hoofdpas@127.0.0.1:" + c.proxy + "/hoofdpas?target_session_attrs=read-write"
}

// byItself is the store's address for who finds the primary by itself.
func (c *cluster) byItself() string {
	hosts := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		hosts[i] = "127.0.0.1:" + n.port
	}
	return "postgres://hoofdpas@" + strings.Join(hosts, ",") + "/hoofdpas?target_session_attrs=read-write"
}

// kinds of kills.
const (
	ofPostgres = "PostgreSQL"
	ofMachine  = "PostgreSQL and Patroni"
)

// kill kills the primary, and returns when a replica is synchronous again.
func (c *cluster) kill(kind string) {
	c.t.Helper()
	n := c.primary()
	if n == nil {
		c.t.Fatal("there is no primary to kill")
	}
	if kind == ofPostgres {
		before := n.postmaster()
		c.killPostgres(n)
		c.until("Patroni has mended it", func() bool {
			now := n.postmaster()
			return (now > 0 && now != before) || c.is(c.other(n), "primary")
		})
		c.settled()
		return
	}
	n.agent.kill()
	c.killPostgres(n)
	c.until("the replica has taken over", func() bool { return c.is(c.other(n), "primary") })
	c.run(n)
	c.settled()
}
