package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hoofdpas/internal/ledger"
	"hoofdpas/internal/money"
	"hoofdpas/internal/store"
)

type ledgerCommand struct {
	Verify  ledgerVerify  `cmd:"" help:"Check that no posting was changed, taken out or put in. Exit code 2: one was."`
	Balance ledgerBalance `cmd:"" help:"Print what every account holds. Exit code 2: they do not come to zero together."`
	Export  ledgerExport  `cmd:"" help:"Write the postings of some days for bookkeeping (CSV), a line for each."`
	Daily   ledgerDaily   `cmd:"" help:"Write what came in and went out (CSV), a line for each day, branch, means and provider."`
}

// ledgerVerify walks along the whole chain.
type ledgerVerify struct {
	Expect string `help:"What an earlier run printed, NUMBER:HASH: nothing up to there may have changed." placeholder:"NUMBER:HASH"`
}

// Run verifies the ledger.
func (l ledgerVerify) Run(w *world) error {
	var v ledger.Verifier
	if l.Expect != "" {
		var err error
		if v.Expect, err = ledger.ParseHead(l.Expect); err != nil {
			return errors.New("--expect: write the number and the hash as an earlier run printed them, such as 1234:ab12")
		}
	}
	return w.withBooks(func(s *store.Store, zone *time.Location) error {
		head, err := w.verify(s, v, zone)
		if err != nil {
			return err
		}
		fmt.Fprintf(w.out, "The ledger is sound: %d postings.\n", head.No)
		fmt.Fprintf(w.out, "Note this, away from here; with --expect it shows later that nothing up to now was changed:\n%s\n", head)
		return nil
	})
}

// verify walks along the whole chain of the store's ledger. A fault in it is a
// disagreement.
func (w *world) verify(s *store.Store, v ledger.Verifier, zone *time.Location) (ledger.Head, error) {
	var last ledger.Row
	head, err := s.EachPosting(w.ctx, 0, func(r ledger.Row) error {
		last = r
		return v.Add(r)
	})
	if err == nil {
		err = v.End(head)
	}
	var fault *ledger.Fault
	if errors.As(err, &fault) {
		return head, disagreement("the ledger is not sound: " + sayFault(fault, last, zone))
	}
	if err != nil {
		return head, fmt.Errorf("verify: %w", err)
	}
	return head, nil
}

// sayFault tells what was found; last is the posting that was read last.
func sayFault(f *ledger.Fault, last ledger.Row, zone *time.Location) string {
	switch f.Kind {
	case ledger.Changed:
		if last.No != f.No {
			return fmt.Sprintf("posting %d cannot be read: somebody wrote there what the program does not write", f.No)
		}
		return fmt.Sprintf("posting %d (from %s to %s, %s, %s) is not the one that was written, or the seal before it was changed",
			f.No, last.From, last.To, last.Amount, last.At.In(zone).Format(time.RFC3339))
	case ledger.Missing:
		return fmt.Sprintf("posting %d is missing", f.No)
	case ledger.Doubled:
		return fmt.Sprintf("posting %d is there twice, or out of order", f.No)
	case ledger.Rewritten:
		return fmt.Sprintf("posting %d is not the one that you noted: the ledger was written anew, or an older one was put in its place", f.No)
	case ledger.CutOff:
	}
	return fmt.Sprintf("its last posting is number %d, and it says that another is: postings at the end were taken out or put in, up to number %d",
		last.No, f.No)
}

type ledgerBalance struct {
	On     *day   `help:"At the end of this day, YYYY-MM-DD; without it, now." placeholder:"DAY"`
	Prefix string `help:"Only accounts whose names begin like this, such as fees/." placeholder:"TEXT"`
}

// Run prints the accounts, then each kind of account, then all together.
func (l ledgerBalance) Run(w *world) error {
	return w.withBooks(func(s *store.Store, zone *time.Location) error {
		book := ledger.Book{}
		_, err := s.EachPosting(w.ctx, 0, func(r ledger.Row) error {
			if l.On != nil && !r.At.Before(l.On.AddDays(1).Begin(zone)) {
				return nil
			}
			return book.Add(r.Posting)
		})
		if err != nil {
			return fmt.Errorf("add up: %w", err)
		}
		_, whole, err := book.Sum()
		if err != nil {
			return fmt.Errorf("add up: %w", err)
		}
		maps.DeleteFunc(book, func(a ledger.Account, _ money.Cents) bool { return !strings.HasPrefix(string(a), l.Prefix) })
		if err := w.printBook(book); err != nil {
			return err
		}
		if whole != 0 {
			return disagreement(fmt.Sprintf("the accounts come to %s together; that must be 0.00", whole))
		}
		return nil
	})
}

func (w *world) printBook(book ledger.Book) error {
	kinds, sum, err := book.Sum()
	if err != nil {
		return fmt.Errorf("add up: %w", err)
	}
	wide := len("in all")
	for a := range book {
		wide = max(wide, len([]rune(a)))
	}
	line := func(name string, c money.Cents) { fmt.Fprintf(w.out, "%-*s %15s\n", wide, name, c) }
	for _, a := range slices.Sorted(maps.Keys(book)) {
		line(string(a), book[a])
	}
	fmt.Fprintln(w.out)
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		line(k, kinds[k])
	}
	line("in all", sum)
	return nil
}

// withBooks opens the store, which must exist, for f, and tells it the
// library's zone.
func (w *world) withBooks(f func(*store.Store, *time.Location) error) error {
	c, err := w.configuration(nil)
	if err != nil {
		return err
	}
	zone, err := c.Location()
	if err != nil {
		return fmt.Errorf("read the time zone: %w", err)
	}
	s, err := w.existingStore(c, w.logger(c))
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // the program ends here
	return f(s, zone)
}
