package country

import (
	"io"
	"strconv"
	"time"

	"hoofdpas/internal/account"
)

// The import format has no mandates: they are between accounts, which exist here
// once somebody has logged in. These three are rows of the store's own tables
// cards, mandates and mandate_log, with the columns that their first line names;
// what is empty is NULL. An account is written for every card that gave or holds
// a mandate, and for the known ones.
const (
	AccountColumns = "id,number,name,sort_name,password"
	MandateColumns = "id,scope,starter,starter_id,grantor_id,grantee_id,typed,state,requested_at_ms,answer_by_ms,confirmed_at_ms"
	LogColumns     = "id,at_ms,deed,actor_id,staff,mandate_id,scope,card_id,other_id,typed,starter,confirmed,items,amount"
)

// Accounts is how many accounts there are.
func (c *Country) Accounts() (n int) {
	c.eachAccount(func(int, int) { n++ })
	return n
}

// eachAccount hands out the accounts: their row and their place, in order.
func (c *Country) eachAccount(do func(id, place int)) {
	id := 0
	for h, links := range c.links {
		if links == 0 && h >= len(Known)*KnownOfEach {
			continue
		}
		for j := range int(links) + 1 {
			id++
			do(id, c.first[h]+j)
		}
	}
}

// WriteAccounts writes the accounts. All have the same password.
func (c *Country) WriteAccounts(w io.Writer, sortName func(string) string, password account.Hash, told Progress) error {
	p := newPage(w, AccountColumns, told)
	c.eachAccount(func(id, place int) {
		name, hash := c.nameAt(place), ""
		if place < c.knownPlaces() {
			hash = string(password)
		}
		// The hash holds commas.
		p.number(id).cell(c.numberAt(place)).cell(name).cell(sortName(name)).cell(`"` + hash + `"`).end()
	})
	return p.done()
}

// eachMandate hands out the mandates: their row and the rows of both accounts.
// The first card of a household holds them.
func (c *Country) eachMandate(do func(id, grantor, grantee int, scope string)) {
	id, grantee := 0, 0
	c.eachAccount(func(account, place int) {
		if place == c.first[c.homes[place]] {
			grantee = account
			return
		}
		for _, scope := range []string{"renew", "pay"} {
			id++
			do(id, account, grantee, scope)
		}
	})
}

// When mandates were asked for, and how long there was to answer.
const (
	askedAgo = 400 * 24 * time.Hour
	answerBy = 14 * 24 * time.Hour
)

func (c *Country) askedAt(mandate int) int64 {
	at := c.Day.Begin(time.UTC).Add(-askedAgo + time.Duration(mandate%300)*24*time.Hour)
	return at.UnixMilli()
}

// WriteMandates writes the mandates, all active.
func (c *Country) WriteMandates(w io.Writer, told Progress) error {
	p := newPage(w, MandateColumns, told)
	numbers := map[int]string{}
	c.eachAccount(func(id, place int) { numbers[id] = c.numberAt(place) })
	c.eachMandate(func(id, grantor, grantee int, scope string) {
		at := c.askedAt(id)
		p.number(id).cell(scope).cell("grantee").number(grantee).number(grantor).number(grantee).cell(numbers[grantor]).cell("active").
			cell(ms(at)).cell(ms(at + answerBy.Milliseconds())).cell(ms(at)).end()
	})
	return p.done()
}

// WriteLog writes what the holders can read of it: that each mandate was
// confirmed.
func (c *Country) WriteLog(w io.Writer, told Progress) error {
	p := newPage(w, LogColumns, told)
	c.eachMandate(func(id, grantor, grantee int, scope string) {
		p.number(id).cell(ms(c.askedAt(id))).cell("confirm").number(grantor).cell(`""`).number(id).cell(scope).
			number(grantor).number(grantee).cell(`""`).cell("grantee").cell("1").number(0).number(0).end()
	})
	return p.done()
}

func ms(at int64) string { return strconv.FormatInt(at, 10) }
