package job

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/money"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// hasty is for tests.
func hasty() timing {
	return timing{
		poll: 100 * time.Millisecond, timeout: time.Second, rescue: time.Second, grace: 10 * time.Second, retry: 10 * time.Millisecond,
	}
}

// till is a cashier whose deliveries a test scripts.
type till struct {
	deliver func(ctx context.Context, id payment.ID) error
	refund  func(ctx context.Context, id payment.RefundID) error
	chore   func(what string)
	nightly func(ctx context.Context) error
}

func (t till) Deliver(ctx context.Context, id payment.ID) error { return t.deliver(ctx, id) }

func (t till) did(what string) {
	if t.chore != nil {
		t.chore(what)
	}
}

func (t till) AskWaiting(context.Context) (int, error) {
	t.did("ask")
	return 0, nil
}

func (t till) FollowRefunds(context.Context) (int, error) {
	t.did("follow")
	return 0, nil
}

func (t till) Nightly(ctx context.Context) error {
	if t.nightly != nil {
		return t.nightly(ctx)
	}
	t.did("compare")
	return nil
}

func (t till) SeeThrough(ctx context.Context, id payment.RefundID) error { return t.refund(ctx, id) }

// idle is a book in which nothing is to be done.
type idle struct{}

func (idle) ExpireLapsed(context.Context) (int, error) { return 0, nil }
func (idle) CloseGone(context.Context) (int, error)    { return 0, nil }

// journal is the operator's log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// run runs the jobs until stop, which waits until they have ended.
func run(t *testing.T, s *store.Store, c Cashier, log *journal) (stop func()) {
	t.Helper()
	return runWith(t, options(s, c, log))
}

func options(s *store.Store, c Cashier, log *journal) Options {
	return Options{
		Driver: s.JobDriver(), Cashier: c, Book: idle{}, Now: time.Now, Zone: time.UTC,
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

func runWith(t *testing.T, o Options) (stop func()) {
	t.Helper()
	tell, wait := begin(t, o)
	stop = sync.OnceFunc(func() {
		tell()
		wait()
	})
	t.Cleanup(stop)
	return stop
}

// begin runs the jobs until they are told to stop.
func begin(t *testing.T, o Options) (tell, wait func()) {
	t.Helper()
	r, err := newRunner(o, hasty())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return cancel, func() {
		if err := await(t, ended); err != nil {
			t.Errorf("run: %v", err)
		}
	}
}

// paid is a payment that was taken at the desk, with its job.
func paid(t *testing.T, s *store.Store, fee circulation.FeeID) payment.Payment {
	t.Helper()
	return paidWith(t, s, fee, func(card.Holder) payment.Booking { return payment.Booking{Deliver: true} })
}

func paidWith(t *testing.T, s *store.Store, fee circulation.FeeID, booking func(card.Holder) payment.Booking) payment.Payment {
	t.Helper()
	number, err := card.ParseNumber("29000000001234")
	if err != nil {
		t.Fatal(err)
	}
	h, err := s.KnowCard(t.Context(), card.Card{Number: number, Name: "Moeder Vermeulen"})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	p, holds, err := s.OpenPayment(t.Context(), payment.Payment{
		Payer: h, Staff: "Boukje", Means: payment.Cash, State: payment.Paid, Total: money.Cents(100),
		Lines:     []payment.Line{{Holder: h, Fee: fee, Kind: circulation.Overdue, Description: "De brief voor de koning", Amount: 100}},
		StartedAt: now, ExpiresAt: now, EndedAt: now,
	}, booking(h))
	if err != nil || len(holds) > 0 {
		t.Fatal(err, holds)
	}
	return p
}

// await waits for one.
func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("it did not happen")
		panic("unreachable")
	}
}

// The list of a quarter takes as long as it takes; a job has a second here.
func TestTheNightlyComparisonHasLongerThanAJob(t *testing.T) {
	t.Parallel()
	s := storetest.Any(t)
	log := &journal{}
	compared := make(chan error, 1)
	o := options(s, till{nightly: func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			compared <- ctx.Err()
		case <-time.After(2 * hasty().timeout):
			compared <- nil
		}
		return nil
	}}, log)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	client, err := river.NewClient(o.Driver, &river.Config{})
	must(err)
	_, err = client.Insert(t.Context(), choreArgs{nightlyLook}, nil)
	must(err)
	runWith(t, o)
	if err := await(t, compared); err != nil {
		t.Errorf("it was broken off: %v", err)
	}
}

func TestAPaidPaymentIsDelivered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		delivered := make(chan payment.ID, 10)
		log := &journal{}
		stop := run(t, s, till{deliver: func(_ context.Context, id payment.ID) error {
			delivered <- id
			return nil
		}}, log)
		for _, fee := range []circulation.FeeID{"a", "b"} {
			p := paid(t, s, fee)
			if id := await(t, delivered); id != p.ID {
				t.Errorf("payment %d was delivered, not %d", id, p.ID)
			}
		}
		stop()
		if len(delivered) != 0 {
			t.Errorf("delivered again: %d", <-delivered)
		}
		said := log.String()
		if !strings.Contains(said, `msg="job done" kind=payment.deliver`) {
			t.Errorf("no line about the job: %s", said)
		}
		for _, private := range []string{"29000000001234", "Vermeulen", "koning", "Boukje"} {
			if strings.Contains(said, private) {
				t.Errorf("the log has %q: %s", private, said)
			}
		}
	})
}

func TestADeliveryIsTriedUntilItSucceeds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		paid(t, s, "a")
		const failures = 3
		tries := make(chan int, 10)
		n := 0
		stop := run(t, s, till{deliver: func(context.Context, payment.ID) error {
			n++
			tries <- n
			switch n {
			case 1:
				return problem.New(problem.Unavailable, circulation.ReasonSystemAway, nil)
			case 2, failures:
				return errors.New("some fault")
			}
			return nil
		}}, &journal{})
		for want := range failures + 1 {
			if got := await(t, tries); got != want+1 {
				t.Fatalf("try %d came as number %d", want+1, got)
			}
		}
		stop()
		if len(tries) != 0 {
			t.Error("tried again after it succeeded")
		}
	})
}

func TestTheWaitBeforeTheNextTryDoublesUpToABound(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]time.Duration{
		0: 5 * time.Second, 5 * time.Second: 5 * time.Second, time.Minute: time.Minute, time.Hour: 15 * time.Minute,
		-time.Hour: 5 * time.Second, // a clock was set back
	} {
		if got := pause(usual().retry, age); got != want {
			t.Errorf("after %v: %v, not %v", age, got, want)
		}
	}
}

func TestAJobThatIsRunningIsFinishedBeforeTheProgramStops(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		paid(t, s, "a")
		began, told, done := make(chan bool), make(chan bool), make(chan bool, 1)
		tell, wait := begin(t, options(s, till{deliver: func(ctx context.Context, _ payment.ID) error {
			began <- true
			<-told
			done <- ctx.Err() == nil
			return nil
		}}, &journal{}))
		await(t, began)
		tell()
		close(told)
		wait()
		if len(done) != 1 || !<-done {
			t.Error("the job was not left to finish")
		}
	})
}

func TestTheChoresAreDoneFromTheStart(t *testing.T) {
	t.Parallel()
	did := make(chan string, 10)
	run(t, storetest.Any(t), till{chore: func(what string) { did <- what }}, &journal{})
	got := []string{await(t, did), await(t, did)}
	slices.Sort(got)
	if !slices.Equal(got, []string{"ask", "follow"}) {
		t.Errorf("did %v", got)
	}
}

func TestEveryChoreIsDone(t *testing.T) {
	t.Parallel()
	var did []string
	act := func(what string) func(context.Context) (int, error) {
		return func(context.Context) (int, error) {
			did = append(did, what)
			return 0, nil
		}
	}
	c := newChoreman(Options{
		Cashier: till{chore: func(what string) { did = append(did, what) }}, Book: acts{act("expire"), act("close")},
		Sweepers: []Sweeper{
			func(context.Context) error { return errors.New("one fault") },
			func(context.Context) error { did = append(did, "sweep"); return nil },
		},
	})
	for name, do := range c.chores {
		if err := do(t.Context()); (err != nil) != (name == sweep) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, want := range []string{"ask", "follow", "compare", "expire", "close", "sweep"} {
		if !strings.Contains(fmt.Sprint(did), want) {
			t.Errorf("%s was not done: %v", want, did)
		}
	}
	if planned := len(periodic(time.UTC)); len(c.chores) != planned {
		t.Errorf("%d chores, of which %d are planned", len(c.chores), planned)
	}
}

type acts struct {
	expire, close func(context.Context) (int, error)
}

func (a acts) ExpireLapsed(ctx context.Context) (int, error) { return a.expire(ctx) }
func (a acts) CloseGone(ctx context.Context) (int, error)    { return a.close(ctx) }

// asChild is the address of the store when this program was started to be
// killed.
const asChild = "HOOFDPAS_TEST_KILLED_WITH"

func TestMain(m *testing.M) {
	if address := os.Getenv(asChild); address != "" {
		beKilled(address)
	}
	os.Exit(m.Run())
}

// beKilled begins a delivery, says so and never ends.
func beKilled(address string) {
	ctx := context.Background()
	s, err := store.Open(ctx, address, store.Options{Now: time.Now})
	if err != nil {
		panic(err)
	}
	r, err := newRunner(Options{
		Driver: s.JobDriver(), Book: idle{}, Now: time.Now, Zone: time.UTC, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Cashier: till{deliver: func(context.Context, payment.ID) error {
			fmt.Println("began")
			select {}
		}},
	}, hasty())
	if err != nil {
		panic(err)
	}
	panic(r.Run(ctx))
}

func TestAJobIsNotLostWhenTheProgramIsKilled(t *testing.T) {
	t.Parallel()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		s := storetest.Open(t, address)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		p := paid(t, s, "a")

		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), asChild+"="+address)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "began\n" {
			t.Fatalf("the program to be killed says %q, %v", line, err)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed

		delivered := make(chan payment.ID, 10)
		run(t, s, till{deliver: func(_ context.Context, id payment.ID) error {
			delivered <- id
			return nil
		}}, &journal{})
		if id := await(t, delivered); id != p.ID {
			t.Errorf("payment %d was delivered, not %d", id, p.ID)
		}
	})
}
