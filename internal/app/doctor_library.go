package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hoofdpas/internal/card"
	"hoofdpas/internal/config"
	"hoofdpas/internal/library/koha"
	"hoofdpas/internal/sip2"
)

// nobodysNumber is no card's: asking for it takes all that asking for a card
// takes.
const nobodysNumber = "hoofdpas-doctor"

// library reaches the library system, logs in, sees what it offers, and asks for a
// card that does not exist.
func (d *Doctor) library(ctx context.Context) {
	const about = "library system"
	c := d.Config.Library
	if !c.Remote() {
		d.tell(Well, about, "", "built in: cards, loans and fees come by import")
		return
	}
	zone, err := d.Config.Location()
	if err != nil {
		return // the fault stands under time zone
	}
	l, err := remote(d.Config, zone, d.Out)
	if err != nil {
		d.tell(Wrong, about, "correct the keys of library."+c.System, "%v", err)
		return
	}
	defer l.close()
	if l.koha != nil && !d.koha(ctx, l.koha) {
		return
	}
	if l.pool != nil && !d.sip(ctx, l.pool, zone) {
		return
	}
	d.cards(ctx, l)
}

// once bounds one question.
func (d *Doctor) once(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d.Config.Library.Patience())
}

// koha learns what the Koha offers; it is false when it cannot be asked.
func (d *Doctor) koha(ctx context.Context, s *koha.System) bool {
	const about = "koha"
	ctx, cancel := d.once(ctx)
	defer cancel()
	address := d.Config.Library.Koha.URL
	a, err := s.Learn(ctx)
	switch {
	case err != nil:
		d.tell(Wrong, about, "see that library.koha.url is Koha's staff interface and that this machine may reach it; docs/it/koha.md", "%s: %v", address, cause(err))
		return false
	case !a.Described:
		d.tell(Warning, about, "see that library.koha.url is Koha's staff interface: "+address+"/api/v1/ has to describe it",
			"%s answers and does not say what it offers; it is taken for an old one", address)
	case len(a.Missing()) > 0:
		d.tell(Wrong, about, "Hoofdpas needs Koha 19.05 or newer, with its API: docs/it/koha.md", "%s lacks %s", address, strings.Join(a.Missing(), ", "))
		return false
	default:
		d.tell(Well, about, "", "%s: %s", address, offers(a))
	}
	d.secret(about, strings.HasPrefix(address, "https://"), address, "write https in library.koha.url")
	if a.Titles == "" {
		d.tell(Warning, "titles", "write library.sip.address: the same Koha tells titles by SIP2", "this Koha tells none over REST; members see bar codes")
	}
	if a.FirstPasswords == config.FirstByDesk {
		d.tell(Well, "first passwords", "", "none are checked at Koha; the desk hands them out")
	} else {
		d.tell(Well, "first passwords", "", "checked by %s", a.FirstPasswords)
	}
	return true
}

// offers says which Koha it is and which calls it lacks that would be of use.
func offers(a koha.Abilities) string {
	version := a.Version
	if version == "" {
		version = "its version is not told"
	}
	var has, lacks []string
	for _, c := range a.Calls {
		if c.Offered {
			has = append(has, c.Name)
		} else {
			lacks = append(lacks, c.Name)
		}
	}
	if len(lacks) == 0 {
		return fmt.Sprintf("%s; all %d calls are there", version, len(has))
	}
	return fmt.Sprintf("%s; %d calls are there, without %s", version, len(has), strings.Join(lacks, ", "))
}

// secret warns of a way on which a password can be read.
func (d *Doctor) secret(about string, private bool, address, mend string) {
	if private || nearby(address) {
		return
	}
	d.tell(Warning, about, mend+", or see that nobody else is on the way there", "the password can be read on the way to %s", address)
}

// nearby reports whether an address is on this machine.
func nearby(address string) bool {
	host := strings.TrimPrefix(strings.TrimPrefix(address, "http://"), "https://")
	return strings.HasPrefix(host, "127.") || strings.HasPrefix(host, "localhost") || strings.HasPrefix(host, "[::1]")
}

// sip logs in and asks the server how it is; it is false when it cannot be asked.
func (d *Doctor) sip(ctx context.Context, pool *sip2.Pool, zone *time.Location) bool {
	const about = "sip2"
	c := d.Config.Library.SIP
	ctx, cancel := d.once(ctx)
	defer cancel()
	status, err := pool.Check(ctx)
	if err != nil {
		d.tell(Wrong, about, "see library.sip.address, .tls, .user, .password and .location, and that the server has connections left", "%s: %v", c.Address, err)
		return false
	}
	if lacks := lacking(status, d.Config.Library.System == config.Koha); len(lacks) > 0 {
		d.tell(Warning, about, "have the account allowed them at the server", "%s, profile %s: it says that it does not take %s", c.Address, c.Profile, strings.Join(lacks, ", "))
	} else {
		d.tell(Well, about, "", "%s, profile %s: lets us in and is on line", c.Address, c.Profile)
	}
	d.secret(about, c.TLS, c.Address, "have the server behind TLS and write library.sip.tls = true")
	if at, ok := sip2.ParseStamp(status.Date, zone); ok {
		d.clock.note(c.Address, at)
	}
	return true
}

// lacking are the messages that we need and the server says it does not take.
func lacking(status sip2.ACSStatusReply, besideKoha bool) (names []string) {
	for _, each := range []struct {
		kind   sip2.Kind
		name   string
		beside bool // needed beside koha too
	}{
		{sip2.TakesPatronInformation, "63 (patron information)", true},
		{sip2.TakesItemInformation, "17 (item information)", true},
		{sip2.TakesRenew, "29 (renew)", false},
		{sip2.TakesFeePaid, "37 (fee paid)", false},
	} {
		if takes, known := status.Takes(each.kind); known && !takes && (each.beside || !besideKoha) {
			names = append(names, each.name)
		}
	}
	return names
}

// cards asks for a card that does not exist and, when there is one to ask for, for
// its loans and fees.
func (d *Doctor) cards(ctx context.Context, l lending) {
	const about, mend = "library system", "see the permissions of our user at the library system; docs/it/koha.md names them"
	ctx, cancel := d.once(ctx)
	defer cancel()
	nobody, err := card.ParseNumber(nobodysNumber)
	if err != nil {
		return // cannot be: the number is good
	}
	if _, ok, err := l.Connector.Card(ctx, nobody); err != nil {
		d.tell(Wrong, about, mend, "asked for a card: %v", cause(err))
		return
	} else if ok {
		d.tell(Wrong, about, "see library.system and its profile: whatever is asked for must be compared exactly", "it has a card for a number that does not exist")
		return
	}
	if d.Card.IsZero() {
		d.tell(Well, about, "", "knows which cards there are; --card NUMBER looks at loans and fees too")
		return
	}
	_, ok, err := l.Connector.Card(ctx, d.Card)
	if err != nil || !ok {
		d.tell(Wrong, about, "name a card that there is, whole", "card %s cannot be had: found %v, %v", d.Card, ok, cause(err))
		return
	}
	loans, err := l.Connector.Loans(ctx, d.Card)
	if err != nil {
		d.tell(Wrong, about, mend, "asked for loans: %v", cause(err))
		return
	}
	fees, err := l.Connector.Fees(ctx, d.Card)
	if err != nil {
		d.tell(Wrong, about, mend, "asked for fees: %v", cause(err))
		return
	}
	d.tell(Well, about, "", "card %s has %d loans and %d open fees", d.Card, len(loans), len(fees))
}
