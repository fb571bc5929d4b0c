package app

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"hoofdpas/internal/account"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/config"
	"hoofdpas/internal/household"
	"hoofdpas/internal/job"
	"hoofdpas/internal/kiosk"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/paia"
	"hoofdpas/internal/password"
	"hoofdpas/internal/payment"
	"hoofdpas/internal/provider/testbank"
	"hoofdpas/internal/store"
	"hoofdpas/internal/text"
	"hoofdpas/internal/throttle"
	"hoofdpas/internal/till"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/desk"
	"hoofdpas/internal/web/hook"
	"hoofdpas/internal/web/member"
	"hoofdpas/internal/web/ui"
)

// rooms is every room of the house, furnished.
type rooms struct {
	config config.Config
	out    Outside
	store  *store.Store
	zone   *time.Location
	public *url.URL
	texts  *text.Texts
	style  []byte // the library's own style sheet; nil for none

	system  lending
	book    *mandate.Book
	porter  *account.Porter
	roster  *account.Roster
	office  *circulation.Office
	viewer  *household.Viewer
	cashier *payment.Cashier
	apps    *account.Apps // nil when apps are not let in
	drawer  *till.Drawer
	slower  *throttle.Throttle
	bank    *testbank.Bank // nil outside the demo
	opener  hook.Opener    // of the provider's signed webhooks; nil without
}

func furnish(c config.Config, s *store.Store, out Outside) (*rooms, error) {
	zone, err := c.Location()
	if err != nil {
		return nil, fmt.Errorf("read the time zone: %w", err)
	}
	texts, err := text.Load(zone)
	if err != nil {
		return nil, fmt.Errorf("read the texts: %w", err)
	}
	r := &rooms{config: c, out: out, store: s, zone: zone, texts: texts}
	if r.public, err = publicURL(c, out); err != nil {
		return nil, err
	}
	if r.style, err = c.HouseStyle(); err != nil {
		return nil, fmt.Errorf("read library.style: %w", err)
	}
	hasher := password.New(c.Login.HashesAtOnce)
	if r.system, err = r.library(hasher); err != nil {
		return nil, err
	}
	r.slower = &throttle.Throttle{Store: s, Rules: slowing(), Now: out.Now}
	r.book = &mandate.Book{Store: s, Cards: r.system.cards, Slower: r.slower, Now: out.Now, Zone: zone}
	r.porter = &account.Porter{
		Store: s, Cards: r.system.cards, First: r.system, Hasher: hasher, Slower: r.slower, Now: out.Now, Log: out.Log,
	}
	if r.out.Watch != nil {
		r.porter.Tried = r.out.Watch.LogIn
	}
	if c.PAIA.Open {
		r.apps = &account.Apps{Porter: r.porter, Store: s, Now: out.Now, Log: out.Log}
	}
	// The desk does not queue behind members who log in.
	r.roster = &account.Roster{Store: s, Hasher: password.New(1), Slower: r.slower, Now: out.Now, Log: out.Log}
	r.office = &circulation.Office{System: r.system, Journal: r.book, Log: out.Log}
	r.viewer = &household.Viewer{Permits: r.book, Office: r.office, Holds: s}
	if err := r.pay(); err != nil {
		return nil, err
	}
	r.desks()
	return r, nil
}

// publicURL is the configured address, or the one we listen on.
func publicURL(c config.Config, out Outside) (*url.URL, error) {
	address := c.PublicURL
	switch {
	case address != "":
	case out.Listener != nil:
		address = "http://" + out.Listener.Addr().String()
	default: // a subcommand that does not serve
		address = "http://" + c.Listen
	}
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil {
		return nil, fmt.Errorf("read public_url: %w", err)
	}
	return u, nil
}

// desks furnishes the drawers of the desks.
func (r *rooms) desks() {
	places, unit := r.config.Places()
	r.drawer = &till.Drawer{Store: r.store, Cashier: r.cashier, Places: places, Unit: unit, Now: r.out.Now, Log: r.out.Log}
}

// slowing is how hard repeated attempts are slowed down, by what is tried.
func slowing() map[string]throttle.Rule {
	rules := account.SlowingRules()
	for _, more := range []map[string]throttle.Rule{mandate.SlowingRules(), kiosk.SlowingRules()} {
		maps.Copy(rules, more)
	}
	return rules
}

func (r *rooms) jobs() (*job.Runner, error) {
	runner, err := job.New(job.Options{
		Driver: r.store.JobDriver(), Cashier: r.cashier, Book: r.book, Sweepers: []job.Sweeper{
			r.slower.Sweep, r.store.SweepSessions, r.store.SweepGrants,
		}, Letters: r.letters(), Sync: r.sync(), Watch: r.part("job"), Now: r.out.Now, Zone: r.zone, Log: r.out.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare jobs: %w", err)
	}
	return runner, nil
}

// sync asks for the cards of a library system that is not ours; ours tells by
// itself.
func (r *rooms) sync() func(context.Context) error {
	if !r.config.Library.Remote() {
		return nil
	}
	s := &account.Syncer{Store: r.store, Cards: r.porter.Cards, Now: r.out.Now, Zone: r.zone, Log: r.out.Log}
	return func(ctx context.Context) error {
		_, err := s.Run(ctx)
		return err //nolint:wrapcheck // says what it was doing
	}
}

// faces is everything that answers over HTTP.
func (r *rooms) faces() (http.Handler, error) {
	mux := http.NewServeMux()
	mux.Handle("/", member.Handler(r.shell("", "leden"), member.Rooms{
		Porter: r.porter, Book: r.book, Office: r.office, Viewer: r.viewer, Cashier: r.cashier, Apps: r.apps,
	}))
	staff := desk.Handler(r.shell("/balie", "balie"), desk.Rooms{
		Porter: r.porter, Roster: r.roster, Book: r.book, Viewer: r.viewer, Cashier: r.cashier, Drawer: r.drawer, Mails: r.config.Mail.Host != "",
	})
	mux.Handle("/balie", staff)
	mux.Handle("/balie/", staff)
	mux.Handle("/stijl/", ui.Assets())
	if r.style != nil {
		mux.Handle(ui.HouseStyleHref(r.style), ui.HouseStyle(r.style))
	}
	mux.Handle("POST /betalen/melding/{provider}", r.webhooks())
	if r.apps != nil {
		apps := r.appsHandler()
		mux.Handle("/paia/", apps)
		mux.Handle("/api/", apps)
	}
	if r.bank != nil {
		mux.Handle("/testbank/", r.bank.Handler())
	}
	return behindProxies(mux, r.config.TrustedProxies)
}

// appsHandler answers apps.
func (r *rooms) appsHandler() http.Handler {
	o := paia.Options{
		Texts: r.texts, PublicURL: r.public, Library: r.config.Library.Name, Origins: r.config.PAIA.Origins,
		Zone: r.zone, Now: r.out.Now, Log: r.out.Log, Watch: r.requests(),
	}
	return paia.Handler(o, paia.Rooms{
		Apps: r.apps, Porter: r.porter, Book: r.book, Office: r.office, Viewer: r.viewer, Cashier: r.cashier,
	})
}

func (r *rooms) shell(prefix, name string) *web.Shell {
	s := &web.Shell{
		Texts: r.texts, Log: r.out.Log, Now: r.out.Now, Zone: r.zone, Prefix: prefix,
		Library: r.config.Library.Name, PublicURL: r.public, HouseStyle: ui.HouseStyleHref(r.style),
		Watch: r.requests(),
	}
	s.Sessions = sessions(s, r.store.Sessions(name), name)
	return s
}

func sessions(s *web.Shell, kept scs.Store, name string) *scs.SessionManager {
	return web.NewSessions(kept, s.CookieName(name), s.PublicURL.Scheme == "https")
}
