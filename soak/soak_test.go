package soak

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hoofdpas/internal/provider/mollie/mollietest"
)

// size is how long the test goes on: until it has both killed and paid often
// enough.
type size struct {
	kills, payments      int64
	households, feesEach int
	payers               int // at once
	openFor              time.Duration
	longLife             time.Duration // a few of them, for what the program does by the clock; 0 is none
	atMost               time.Duration
}

func short() size {
	return size{kills: 10, payments: 150, households: 12, feesEach: 10, payers: 8, openFor: time.Second, atMost: 5 * time.Minute}
}

func whole() size {
	return size{kills: 200, payments: 5000, households: 160, feesEach: 14, payers: 12, openFor: 2 * time.Second, longLife: 20 * time.Second, atMost: 80 * time.Minute}
}

// world is everything that the test goes on in.
type world struct {
	size
	t       *testing.T
	seed    uint64
	program *program
	bank    *mollietest.Server

	kills, payments atomic.Int64
	waiting         sync.WaitGroup // what payers do later

	die        chan struct{} // asks for a kill at once
	atTheWorst atomic.Int64  // the kills that were asked for so
}

// later does something after a while, whatever happens to the program.
func (w *world) later(d time.Duration, f func()) {
	w.waiting.Go(func() {
		pause(d)
		f()
	})
}

// TestNoCentIsLostOrDoubled is the soak; see the package's comment.
func TestNoCentIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	s := short()
	if os.Getenv("HOOFDPAS_SOAK") == "whole" {
		s = whole()
	}
	w := &world{size: s, t: t, seed: uint64(time.Now().UnixNano()), die: make(chan struct{})}
	w.bank = mollietest.Serve(t, mollietest.Options{
		Lasts: time.Minute, RefundsTake: refundsTake, Seed: w.seed,
		Again: []time.Duration{50 * time.Millisecond, 300 * time.Millisecond, time.Second, 2 * time.Second},
	})
	w.program = newProgram(t, w.wire(), w.bank.APIKey(), s.openFor)
	w.program.fill(t, s.households, s.feesEach, rand.New(rand.NewPCG(w.seed, 0)))
	payers := w.open()
	began := time.Now()
	w.bank.Fault(badDay(s.openFor))
	w.run(payers)
	w.bank.Fault(mollietest.Faults{})
	ran := time.Since(began)
	w.calm()
	found := w.check()
	fmt.Printf("soak: %d kills (%d just when the provider had taken something) over %d payments in %.0f s (seed %d): %s\n",
		w.kills.Load(), w.atTheWorst.Load(), w.payments.Load(), ran.Seconds(), w.seed, found)
	if w.kills.Load() < s.kills || w.payments.Load() < s.payments {
		t.Errorf("only %d kills and %d payments", w.kills.Load(), w.payments.Load())
	}
}

// open starts the program and logs the payers in, once for all.
func (w *world) open() []*payer {
	w.t.Helper()
	w.program.start()
	if !w.program.answers() {
		w.t.FailNow()
	}
	payers := make([]*payer, parents*w.households)
	var all sync.WaitGroup
	slots := make(chan struct{}, w.size.payers)
	for i := range payers {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			p, err := newPayer(w, number(i/parents, i%parents), i)
			if err == nil {
				err = p.logIn()
			}
			if err != nil {
				w.t.Errorf("card %s: %v", number(i/parents, i%parents), err)
			}
			payers[i] = p
		})
	}
	all.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
	return payers
}

// enough reports whether the test has gone on for long enough.
func (w *world) enough() bool {
	return w.kills.Load() >= w.size.kills && w.payments.Load() >= w.size.payments
}

// run lets everybody go on until it is enough.
func (w *world) run(payers []*payer) {
	done := make(chan struct{})
	free := make(chan *payer, len(payers))
	for _, i := range rand.New(rand.NewPCG(w.seed, 2)).Perm(len(payers)) {
		free <- payers[i]
	}
	var all sync.WaitGroup
	all.Go(func() { w.meddle(done) })
	all.Go(func() { w.killing(done) })
	for range w.size.payers {
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				case p := <-free:
					if err := p.pay(); err != nil {
						w.t.Errorf("card %s: %v", p.number, err)
					}
					free <- p
				}
			}
		})
	}
	told := int64(0)
	for until := time.Now().Add(w.atMost); !w.enough() && time.Now().Before(until) && !w.t.Failed(); {
		pause(50 * time.Millisecond)
		if n := w.payments.Load(); n >= told+500 {
			told = n
			fmt.Printf("soak: %d kills, %d payments\n", w.kills.Load(), n)
		}
	}
	close(done)
	all.Wait()
	w.waiting.Wait()
}

// killing kills the program again and again: mostly while it works, sometimes
// while it starts. It leaves it running.
func (w *world) killing(done <-chan struct{}) {
	random := rand.New(rand.NewPCG(w.seed, 3))
	var starting time.Duration // how long it took to start: on a slow machine everything does
	for {
		const least, most = 100 * time.Millisecond, 1500 * time.Millisecond
		life := least + time.Duration(random.Int64N(int64(most+2*starting)))
		if random.IntN(20) == 0 {
			life = max(life, w.longLife)
		}
		if w.lives(life, done) {
			return
		}
		w.program.kill()
		w.kills.Add(1)
		began := time.Now()
		w.program.start()
		if random.IntN(8) == 0 {
			continue // killed while it starts
		}
		if !w.program.answers() {
			return
		}
		starting = time.Since(began)
	}
}
