package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hoofdpas/internal/calendar"
)

const (
	atOnce    = 8 // that ask at the same time
	window    = 5 * time.Second
	idle      = 5000 // terminals
	appsOf    = 64   // members with an app
	known     = 5000 // cards that a terminal has seen
	zuil      = "zuil"
	zuilWord  = "Welkom-Zuil1"
	zelf      = "zelf"
	zelfStamp = "20261126    120000"
)

// terminalsAndApps is the configuration of a library with two terminals: one takes
// the card in hand, the other asks for its password and reaches the household.
const terminalsAndApps = `
[paia]
open = true
[kiosk]
listen = "%s"
connections = 6000
connections_per_address = 6000
[kiosk.terminal.Zelf]
user = "` + zelf + `"
password = "` + zuilWord + `"
branch = "Centrum"
pin = false
[kiosk.terminal.Zuil]
user = "` + zuil + `"
password = "` + zuilWord + `"
branch = "Centrum"
household = true
`

// BenchmarkTerminals asks the program, which has one core, for patron information
// (63) and for what a card has borrowed (PAIA items), as fast as it answers, each
// beside something bare that sends the same bytes; and holds idle terminals open.
func BenchmarkTerminals(b *testing.B) {
	binary, address := library(b)
	charge(b, binary, address)
	kiosk := freeAddress(b)
	file := filepath.Join(b.TempDir(), "hoofdpas.toml")
	must(b, os.WriteFile(file, fmt.Appendf(nil, terminalsAndApps, kiosk), 0o600))
	configured := "HOOFDPAS_CONFIG=" + file
	p := serve(b, binary, address, configured, "GOMAXPROCS=1")
	tokens := admit(b, p.base) // the first of them has the linked cards

	own := func(n int) string { return information(number(n%known*(cards/known)), "", "  Y       ") } // each time another card
	firstSeen(b, kiosk, own).report(b, "63/first")
	besideEcho(b, p, kiosk, zelf, own).report(b, "63/card")
	all := func(int) string { return information(number(0), ownWord, "   Y      ") }
	besideEcho(b, p, kiosk, zuil, all).report(b, "63/household")
	besideBare(b, p, tokens).report(b, "paia/items")
	p.stop()

	p = serve(b, binary, address, configured)
	idleTerminals(b, p, kiosk).report(b, "idle")
}

// charge gives each card a fee.
func charge(b *testing.B, binary, address string) {
	b.Helper()
	file := filepath.Join(b.TempDir(), "fees.csv")
	today := calendar.Today(time.Now(), time.UTC)
	write(b, file, "fee_id,card_number,kind,description,amount,charged_on", func(w *bufio.Writer) {
		for n := range cards {
			fmt.Fprintf(w, "%d,%s,damage,Vlekken,2.50,%s\n", n, number(n), today.AddDays(-n%90))
		}
	})
	command(b, binary, "--store", address, "import", "--fees", file)
}

// freeAddress is one that nobody listens on.
func freeAddress(b testing.TB) string {
	b.Helper()
	l := listen(b)
	defer l.Close()
	return l.Addr().String()
}

func listen(b testing.TB) net.Listener {
	b.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	must(b, err)
	return l
}

// information is 63 for a card, with its password when there is one, and with one of
// the lists.
func information(number, password, list string) string {
	said := "63005" + zelfStamp + list + "AO|AA" + number + "|AC|"
	if password != "" {
		said += "AD" + password + "|"
	}
	return said + "\r"
}

// selfCheck is a terminal that writes and reads lines.
type selfCheck struct {
	net.Conn
	in *bufio.Reader
}

func connect(address string) (*selfCheck, error) {
	c, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	return &selfCheck{c, bufio.NewReaderSize(c, 512)}, nil
}

func (m *selfCheck) ask(request string) (string, error) {
	if _, err := m.Write([]byte(request)); err != nil {
		return "", err
	}
	return m.in.ReadString('\r')
}

// enter connects a terminal and logs it in.
func enter(address, user string) (*selfCheck, error) {
	m, err := connect(address)
	if err != nil {
		return nil, err
	}
	said, err := m.ask("9300CN" + user + "|CO" + zuilWord + "|CP|\r")
	if err == nil && said != "941\r" {
		err = errors.New("a terminal was not let in")
	}
	return m, err
}

// firstSeen shows each card to a terminal for the first time, which keeps a row of it.
func firstSeen(b *testing.B, kiosk string, request func(n int) string) figures {
	b.Helper()
	m, err := enter(kiosk, zelf)
	must(b, err)
	defer m.Close()
	took := timed(func() {
		for n := range known {
			said, err := m.ask(request(n))
			must(b, err)
			if !strings.HasPrefix(said, "64") {
				b.Fatalf("it answered %s", said)
			}
		}
	})
	return figures{"63/s": known / took.Seconds()}
}

// besideEcho asks for a while with several terminals at once, and then, as many,
// something bare that answers with the same bytes.
func besideEcho(b *testing.B, p *process, kiosk, user string, request func(n int) string) figures {
	b.Helper()
	var same string
	terminals := make([]func(int) error, atOnce)
	for i := range terminals {
		m, err := enter(kiosk, user)
		must(b, err)
		b.Cleanup(func() { m.Close() })
		same, err = m.ask(request(i))
		must(b, err)
		if !strings.Contains(same, "|BLY|") {
			b.Fatalf("it answered %s", same)
		}
		terminals[i] = func(n int) error {
			said, err := m.ask(request(n))
			if err == nil && !strings.HasPrefix(said, "64") {
				err = fmt.Errorf("it answered %s", said)
			}
			return err
		}
	}
	echo := answerLines(b, same)
	bare := make([]func(int) error, atOnce)
	for i := range bare {
		m, err := connect(echo)
		must(b, err)
		b.Cleanup(func() { m.Close() })
		bare[i] = func(n int) error {
			_, err := m.ask(request(n))
			return err
		}
	}
	f := compare(b, p, "63/s", terminals, bare)
	f["bytes"] = float64(len(same))
	return f
}

// answerLines is bare TCP: whatever line comes, the same bytes go back.
func answerLines(b *testing.B, same string) string {
	b.Helper()
	l := listen(b)
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for in := bufio.NewReader(c); ; {
					if _, err := in.ReadSlice('\r'); err != nil {
						return
					}
					if _, err := io.WriteString(c, same); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// besideBare asks for items with the tokens in turn, beside a bare handler.
func besideBare(b *testing.B, p *process, tokens []token) figures {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * atOnce}}
	b.Cleanup(client.CloseIdleConnections)
	first, kind, err := fetch(client, p.base, tokens[0])
	must(b, err)
	if strings.Count(string(first), `"label"`) != loansEach {
		b.Fatalf("it answered %s", first)
	}
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(first)
	}))
	b.Cleanup(bare.Close)
	at := func(base string) []func(int) error {
		all := make([]func(int) error, atOnce)
		for i := range all {
			all[i] = func(n int) error {
				_, _, err := fetch(client, base, tokens[n%len(tokens)])
				return err
			}
		}
		return all
	}
	f := compare(b, p, "items/s", at(p.base), at(bare.URL))
	f["bytes"] = float64(len(first))
	return f
}

// compare has ours and theirs ask as fast as they are answered, in turn, a few times.
func compare(b *testing.B, p *process, unit string, ours, theirs []func(n int) error) figures {
	b.Helper()
	var rate, bare, busy float64
	const rounds = 3
	for range rounds {
		before := p.cpu(b)
		rate += perSecond(b, ours) / rounds
		busy += (p.cpu(b) - before).Seconds() / window.Seconds() / rounds
		bare += perSecond(b, theirs) / rounds
	}
	return figures{unit: rate, unit + "-core": rate / busy, "bare/s": bare, "x-bare": bare / rate, "cores": busy, "MB-rss": p.memory(b, "VmRSS")}
}

// perSecond is how often all of them together are answered in a second.
func perSecond(b *testing.B, who []func(n int) error) float64 {
	b.Helper()
	var n, done atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for _, ask := range who {
		all.Go(func() {
			for time.Since(began) < window {
				if err := ask(int(n.Add(1))); err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}

// cpu is how much processor time the process has used.
func (p *process) cpu(b testing.TB) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	if err != nil {
		b.Skip("processor time is read from /proc, which this system does not have")
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond // after the name; in ticks of 1/100 s
	var ticks int
	for _, at := range []int{user, system} {
		n, err := strconv.Atoi(fields[at])
		must(b, err)
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// token is an app's for a card.
type token struct {
	Patron string `json:"patron"`
	Access string `json:"access_token"`
}

// admit lets some members choose a password, and log in with an app.
func admit(b *testing.B, base string) []token {
	b.Helper()
	all := make([]token, appsOf)
	for n := range all {
		v := signIn(b, base, number(n), "127.0.0."+strconv.Itoa(n+1))
		body, err := json.Marshal(map[string]string{"grant_type": "password", "username": number(n), "password": ownWord})
		must(b, err)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, base+"/paia/auth/login", bytes.NewReader(body))
		must(b, err)
		req.Header.Set("Content-Type", "application/json")
		resp, err := v.client.Do(req)
		must(b, err)
		must(b, json.NewDecoder(resp.Body).Decode(&all[n]))
		must(b, resp.Body.Close())
		if all[n].Access == "" {
			b.Fatalf("an app was not let in: %s", resp.Status)
		}
		v.client.CloseIdleConnections()
	}
	return all
}

// fetch reads what a card has borrowed.
func fetch(client *http.Client, base string, t token) (body []byte, kind string, err error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, base+"/paia/core/"+t.Patron+"/items", nil)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Authorization", "Bearer "+t.Access)
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answered %s: %s", resp.Status, body)
	}
	return body, resp.Header.Get("Content-Type"), err
}

// idleTerminals logs terminals in that then say nothing, and sees what each of them
// costs the program, and that one of them is still answered. What the kernel keeps
// for a connection is not in it.
func idleTerminals(b *testing.B, p *process, kiosk string) figures {
	b.Helper()
	const some = 200
	for range some { // so that what everything needs is there
		m, err := enter(kiosk, zuil)
		must(b, err)
		must(b, m.Close())
	}
	before := p.memory(b, "VmRSS")
	began := time.Now()
	all := make([]*selfCheck, idle)
	for i := range all {
		m, err := enter(kiosk, zuil)
		must(b, err)
		all[i] = m
		b.Cleanup(func() { m.Close() })
	}
	took := time.Since(began)
	after := p.memory(b, "VmRSS")
	answered := timed(func() {
		said, err := all[idle/2].ask("9900802.00\r")
		if err != nil || !strings.HasPrefix(said, "98Y") {
			b.Errorf("an idle terminal is answered %q, %v", said, err)
		}
	})
	return figures{
		"terminals": idle, "KB/terminal": (after - before) * 1024 / idle, "MB-rss": after, "MB-before": before,
		"logins/s": idle / took.Seconds(), "ms/answer": ms(answered),
	}
}
