// Package country makes up a whole country's library: cards that live together
// in households, what they have on loan and owe, and the mandates they have
// given each other. The same Country writes the same bytes every time.
//
// For each card there are five loans, half a fee and three eighths of a mandate:
// with 4,000,000 cards 20,000,000 loans, 2,000,000 fees and 1,500,000 mandates.
// How many cards a household has is an assumption (Spread), and so is that a
// third of the cards have nothing on loan and some have fifteen items (loansOf).
//
// A card's place in its household has nothing to do with its number, as in a
// library where children get their card years after their parents. The files are
// in the order of their keys.
package country

import (
	"math/rand/v2"
	"slices"

	"hoofdpas/internal/calendar"
)

// Country is what to make up.
type Country struct {
	Cards int
	Seed  uint64
	// Day is the day on which the library handed its files over.
	Day calendar.Date

	// first is the first place of each household, and one more at the end.
	first []int
	// links are the households that have linked cards, by household: how many
	// of its cards gave the first one both mandates.
	links []uint8
	// homes is the household of each place.
	homes []int32
	// step and back scatter the places over the cards.
	step, back int
}

// Spread is how many of a thousand households have one card, two, and so on up
// to eight: an assumption, after the sizes of Dutch households (CBS StatLine
// 71486ned: four of ten are of one person, one of three of two), with fewer
// couples that both have a card.
var Spread = [8]int{450, 250, 130, 110, 40, 12, 5, 3} //nolint:gochecknoglobals // a table, never written

// Known are the sizes of the households whose first card has a known password,
// KnownOfEach of each size. They stand before all others and all of their cards
// are linked.
var Known = []int{1, 3, 8} //nolint:gochecknoglobals // a table, never written

// KnownOfEach is how many households of each size have a known password.
const KnownOfEach = 20

// Least is the fewest cards that leave mandates for others than the known.
const Least = 2000

// New plans the households of a country.
func New(cards int, seed uint64, day calendar.Date) *Country {
	c := &Country{Cards: cards, Seed: seed, Day: day}
	c.step, c.back = scatter(cards, seed)
	c.settle()
	c.link()
	return c
}

// settle fills the places with households.
func (c *Country) settle() {
	pick := c.random("households")
	place := 0
	add := func(size int) {
		size = min(size, c.Cards-place)
		for range size {
			c.homes = append(c.homes, int32(len(c.first))) //nolint:gosec // fewer than the cards
		}
		c.first = append(c.first, place)
		place += size
	}
	for _, size := range Known {
		for range KnownOfEach {
			add(size)
		}
	}
	for place < c.Cards {
		add(sizeOf(pick.IntN(sum(Spread[:]))))
	}
	c.first = append(c.first, place)
}

// sizeOf is the size of the household that a number below the sum of Spread
// draws.
func sizeOf(drawn int) int {
	for i, share := range Spread {
		if drawn < share {
			return i + 1
		}
		drawn -= share
	}
	return len(Spread)
}

func sum(all []int) (total int) {
	for _, n := range all {
		total += n
	}
	return total
}

// scopes is how many mandates link a card: one of each kind.
const scopes = 2

// Mandates is how many mandates there are.
func (c *Country) Mandates() int { return c.Cards * 3 / 8 / scopes * scopes }

// link draws the households that have linked their cards, so many that there are
// exactly Mandates.
func (c *Country) link() {
	pick := c.random("links")
	c.links = make([]uint8, c.households())
	needed := c.Mandates() / scopes
	left := c.Cards - c.households() // cards that could still give one
	for h := range c.links {
		others := c.size(h) - 1
		known := h < len(Known)*KnownOfEach
		if known || pick.IntN(max(left, 1)) < needed || left-others < needed {
			c.links[h] = uint8(min(others, needed)) //nolint:gosec // at most seven
			needed -= int(c.links[h])
		}
		left -= others
	}
}

func (c *Country) households() int { return len(c.first) - 1 }

func (c *Country) size(household int) int { return c.first[household+1] - c.first[household] }

// Households are the card numbers of the known households of the size: the first
// of each can log in, and sees all of them.
func (c *Country) Households(size int) [][]string {
	var all [][]string
	for h := range len(Known) * KnownOfEach {
		if c.size(h) != size {
			continue
		}
		var numbers []string
		for place := c.first[h]; place < c.first[h+1]; place++ {
			numbers = append(numbers, c.numberAt(place))
		}
		all = append(all, numbers)
	}
	return all
}

// scatter finds a step that goes through all of n once before it comes back, and
// the step that undoes it: i*step modulo n is where i goes.
func scatter(n int, seed uint64) (step, back int) {
	// Near n over the golden ratio neighbours come far apart.
	step = int(float64(n)*0.618) + int(seed%97)
	for gcd(step, n) != 1 {
		step++
	}
	return step, inverse(step, n)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// inverse is the number that a times is 1 modulo n (the extended Euclid).
func inverse(a, n int) int {
	r, newR, t, newT := n, a%n, 0, 1
	for newR != 0 {
		q := r / newR
		r, newR = newR, r-q*newR
		t, newT = newT, t-q*newT
	}
	return (t + n) % n
}

// random is chance of its own for a purpose, the same every time.
func (c *Country) random(purpose string) *rand.Rand {
	stream := uint64(0)
	for _, b := range slices.Backward([]byte(purpose)) {
		stream = stream<<8 | uint64(b)
	}
	return rand.New(rand.NewPCG(c.Seed, stream)) //nolint:gosec // the same every time is what is wanted
}
