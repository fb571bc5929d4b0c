package soak

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/password"
	"hoofdpas/internal/store"
)

// A household is two parents and two children. Both parents may pay for both
// children and for each other, so that they are often in each other's way.
const (
	parents  = 2
	children = 2
	heads    = parents + children
)

const secret = "Zelfde-voor-ons-allen1!"

// number is the card number of a member of a household.
func number(household, member int) string { return fmt.Sprintf("2000%06d%d", household, member) }

// fill imports the cards and their fees, and links the households.
func (p *program) fill(t *testing.T, households, feesEach int, random *rand.Rand) {
	t.Helper()
	cards, fees := filepath.Join(p.folder, "cards.csv"), filepath.Join(p.folder, "fees.csv")
	write(t, cards, "card_number,name,birth_date,category", func(w *bufio.Writer) {
		for h := range households {
			for m := range heads {
				fmt.Fprintf(w, "%s,Lener %d van %d,1990-01-01,volwassen\n", number(h, m), m, h)
			}
		}
	})
	write(t, fees, "fee_id,card_number,kind,description,amount,charged_on", func(w *bufio.Writer) {
		for h := range households {
			for m := range heads {
				for f := range feesEach {
					fmt.Fprintf(w, "F%d-%d-%d,%s,lost,Boek %d,%d.%02d,2026-01-02\n", h, m, f, number(h, m), f, random.IntN(12), 1+random.IntN(99))
				}
			}
		}
	})
	p.must(0, "import", "--cards", cards, "--fees", fees)
	p.link(t, households)
}

func write(t *testing.T, path, header string, rows func(*bufio.Writer)) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, header)
	rows(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// link makes the mandates, and gives every parent the same password: it is
// hashed once.
func (p *program) link(t *testing.T, households int) {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+p.file(), store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	hash, err := password.New(1).Hash(ctx, secret)
	if err != nil {
		t.Fatal(err)
	}
	book := mandate.Book{Store: s, Now: time.Now, Zone: time.UTC}
	for h := range households {
		var holders []card.Holder
		for m := range heads {
			n, err := card.ParseNumber(number(h, m))
			if err != nil {
				t.Fatal(err)
			}
			holder, err := s.KnowCard(ctx, card.Card{Number: n, Name: fmt.Sprintf("Lener %d van %d", m, h)})
			if err != nil {
				t.Fatal(err)
			}
			holders = append(holders, holder)
		}
		for payer := range parents {
			if _, ok, err := s.SetPassword(ctx, holders[payer].ID, hash, 0); err != nil || !ok {
				t.Fatalf("set a password: %v, %v", ok, err)
			}
			for m, grantor := range holders {
				if m == payer {
					continue
				}
				if err := book.Link(ctx, mandate.Link{Staff: "soak", Grantor: grantor, Grantee: holders[payer], Scopes: mandate.Scopes}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
