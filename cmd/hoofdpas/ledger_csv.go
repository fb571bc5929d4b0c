package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/ledger"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/store"
)

type ledgerExport struct {
	days
	Out string `help:"File to write; without it, standard output." placeholder:"FILE"`
}

// instants are written with the library's offset from UTC.
const instants = "2006-01-02T15:04:05.000-07:00"

// Run writes a line for each posting.
func (l ledgerExport) Run(w *world) error {
	return w.writeDays(l.days, l.Out, func(b books, out *csv.Writer) error {
		if err := out.Write([]string{
			"number", "at", "from", "to", "amount", "why", "payment", "refund", "shift", "receipt_branch", "receipt_year", "receipt_no", "reverses",
		}); err != nil {
			return err //nolint:wrapcheck // writeDays says it
		}
		return b.each(w.ctx, func(e ledger.Entry) error {
			return out.Write([]string{ //nolint:wrapcheck // writeDays says it
				strconv.FormatInt(e.No, 10), e.At.In(b.zone).Format(instants), string(e.From), string(e.To), e.Amount.String(), string(e.Why),
				known(e.Payment), known(e.Refund), known(e.Shift),
				e.Receipt.Branch, known(int64(e.Receipt.Year)), known(e.Receipt.No), known(e.Reverses),
			})
		})
	})
}

// known writes a number, and nothing for 0.
func known(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

type ledgerDaily struct {
	days
	Out string `help:"File to write; without it, standard output." placeholder:"FILE"`
}

// Run writes a line for each day and purse. It keeps one day at a time: the
// postings come in the order of their instants.
func (l ledgerDaily) Run(w *world) error {
	return w.writeDays(l.days, l.Out, func(b books, out *csv.Writer) error {
		if err := out.Write([]string{
			"day", "branch", "means", "provider", "received", "paid_back", "charged_back", "rounding", "in", "out", "differences", "other", "net",
		}); err != nil {
			return err //nolint:wrapcheck // writeDays says it
		}
		var date calendar.Date
		sums := ledger.Day{}
		err := b.each(w.ctx, func(e ledger.Entry) error {
			if today := calendar.Today(e.At, b.zone); today != date {
				if err := writeDay(out, date, sums); err != nil {
					return err
				}
				date = today
				clear(sums)
			}
			return sums.Add(e) //nolint:wrapcheck // writeDays says it
		})
		if err != nil {
			return err
		}
		return writeDay(out, date, sums)
	})
}

func writeDay(out *csv.Writer, date calendar.Date, sums ledger.Day) error {
	for _, p := range slices.SortedFunc(maps.Keys(sums), func(a, b ledger.Purse) int {
		return cmp.Or(cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Means, b.Means), cmp.Compare(a.Provider, b.Provider))
	}) {
		t := sums[p]
		if err := out.Write([]string{
			date.String(), cmp.Or(p.Branch, payment.OnlineBranch), p.Means, p.Provider,
			t.Received.String(), t.PaidBack.String(), t.ChargedBack.String(), t.Rounding.String(), t.In.String(), t.Out.String(),
			t.Differences.String(), t.Other.String(), t.Net.String(),
		}); err != nil {
			return fmt.Errorf("write a day: %w", err)
		}
	}
	return nil
}

// books are the postings of some days.
type books struct {
	store    *store.Store
	zone     *time.Location
	from, to time.Time
}

func (b books) each(ctx context.Context, each func(ledger.Entry) error) error {
	return b.store.EachEntry(ctx, b.from, b.to, each) //nolint:wrapcheck // says what it was doing
}

// writeDays lets write fill a CSV file, or standard output when there is no
// path.
func (w *world) writeDays(d days, path string, write func(books, *csv.Writer) error) error {
	return w.withBooks(func(s *store.Store, zone *time.Location) error {
		from, to, err := d.in(zone)
		if err != nil {
			return err
		}
		fill := func(into io.Writer) error {
			out := csv.NewWriter(into)
			err := write(books{s, zone, from, to}, out)
			out.Flush()
			return errors.Join(err, out.Error())
		}
		if path == "" {
			err = fill(w.out)
		} else {
			err = writeWhole(path, fill)
		}
		if err != nil {
			return fmt.Errorf("write the ledger: %w", err)
		}
		return nil
	})
}

// writeWhole writes a file that only its owner may read. It is there when it is
// whole, or not at all; what was there before stays until then.
func writeWhole(path string, fill func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*.part")
	if err != nil {
		return fmt.Errorf("begin %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // what was wrong has been said
		}
	}()
	if err := errors.Join(fill(f), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
