package sip2_test

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"hoofdpas/internal/sip2"
)

type echo struct{}

func (echo) Serve(_ context.Context, m sip2.Message) (sip2.Message, bool) {
	switch m.Code {
	case sip2.LogIn:
		return sip2.LogInReply{OK: true}.Message(), true
	case sip2.SCStatus:
		return sip2.ACSStatusReply{Online: true}.Message(), true
	case sip2.PatronStatus:
		return sip2.PatronStatusReply{Patron: m.Get("AA"), Name: "Åke | B"}.Message(), true
	}
	return sip2.SendAgain(), true
}

func TestAPoolAsksAServer(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	s := sip2.Server{Log: log, Open: func(context.Context, net.Addr) sip2.Session { return echo{} }}
	go func() { served <- s.Serve(ctx, l) }()
	p := sip2.NewPool(sip2.PoolOptions{
		Dial: func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
		},
		Options: sip2.Options{User: "a", Password: "b", Checksums: true}, Now: time.Now, Log: log,
	})
	defer p.Close()
	for range 12 {
		m, err := p.Ask(t.Context(), sip2.PatronStatusRequest{Patron: sip2.Patron{ID: "1"}}.Message())
		if err != nil {
			t.Fatal(err)
		}
		if m.Get("AE") != "Åke | B" {
			t.Error(m.Get("AE"))
		}
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
