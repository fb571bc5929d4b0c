package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/alexedwards/scs/v2/memstore"

	"hoofdpas/internal/account"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/request"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
	"hoofdpas/internal/web/webtest"
)

// kept is scs's own store in memory, which can be taken away.
type kept struct {
	*memstore.MemStore
	mu        sync.Mutex
	finds     error
	commits   error
	committed []string
}

func (k *kept) takeAway(finds, commits error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.finds, k.commits = finds, commits
}

func (k *kept) Find(token string) ([]byte, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.finds != nil {
		return nil, false, k.finds
	}
	return k.MemStore.Find(token)
}

func (k *kept) Commit(token string, b []byte, expiry time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.commits != nil {
		return k.commits
	}
	k.committed = append(k.committed, token)
	return k.MemStore.Commit(token, b, expiry)
}

// site is a face of a few pages around the shell, as small as a face can be.
type site struct {
	t     *testing.T
	url   string
	shell *web.Shell
	store *kept
	log   *bytes.Buffer

	mu   sync.Mutex
	now  time.Time
	done int // how often the form's handler ran
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *site) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

func open(t *testing.T, change ...func(*web.Shell)) *site {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	texts, err := text.Load(zone)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), store: &kept{MemStore: memstore.NewWithCleanupInterval(0)}, log: &bytes.Buffer{}}
	s.shell = &web.Shell{Texts: texts, Log: slog.New(request.Log(slog.NewTextHandler(s.log, nil))), Now: s.clock, Zone: zone, Library: "Bibliotheek Rijnwaarde"}
	for _, f := range change {
		f(s.shell)
	}
	secure := s.shell.PublicURL != nil && s.shell.PublicURL.Scheme == "https"
	s.shell.Sessions = web.NewSessions(s.store, s.shell.CookieName("sessie"), secure)
	server := httptest.NewServer(s.shell.Routes(s.routes()))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *site) browser() *webtest.Browser { return webtest.Open(s.t, s.url) }

// form is a page with one form.
func form(r *web.Request) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return templ.Join(ui.PageHead("Formulier", r.Field("naam")),
			ui.ButtonForm(ui.Post{Action: "/doen", CSRF: r.Token(), Hidden: []ui.Hidden{{Name: "naam", Value: "Sem"}}, Button: ui.Press{Label: "Doen"}}),
			ui.ButtonForm(ui.Post{Action: "/inloggen", CSRF: r.Token(), Button: ui.Press{Label: "Inloggen"}}),
			ui.ButtonForm(ui.Post{Action: "/uitloggen", CSRF: r.Token(), Button: ui.Press{Label: "Uitloggen"}})).Render(ctx, w)
	})
}

func show(_ context.Context, r *web.Request) (web.Response, error) {
	return web.Show(web.Page{Title: "Formulier", Body: form(r)}), nil
}

func fails(err error) web.Handler {
	return func(context.Context, *web.Request) (web.Response, error) { return web.Response{}, err }
}

func (s *site) routes() []web.Route {
	const get, post = http.MethodGet, http.MethodPost
	inside := func(h web.Handler) web.Handler {
		return s.shell.Guard(func(_ context.Context, r *web.Request) (bool, string, error) {
			sitting, ok := r.Sitting()
			r.Me = account.Identity{Holder: card.Holder{ID: card.ID(sitting.Who)}}
			return ok, "", nil
		}, h)
	}
	return []web.Route{
		{Method: get, Pattern: "/{$}", Handle: show},
		{Method: get, Pattern: "/inloggen", Handle: show},
		{Method: get, Pattern: "/taal/{taal}", Handle: s.shell.SwitchLanguage},
		{Method: post, Pattern: "/inloggen", Handle: func(_ context.Context, r *web.Request) (web.Response, error) {
			return web.See("/binnen"), r.Begin(web.Sitting{Who: 7, Epoch: 1})
		}},
		{Method: post, Pattern: "/uitloggen", Handle: func(_ context.Context, r *web.Request) (web.Response, error) {
			r.Say(ui.KindGood, "Je bent uitgelogd.")
			return web.See("/"), r.End()
		}},
		{Method: get, Pattern: "/binnen", Handle: inside(show)},
		{Method: post, Pattern: "/binnen", Handle: inside(s.act)},
		{Method: post, Pattern: "/doen", Handle: s.act},
		{Method: get, Pattern: "/bewaar", Handle: func(_ context.Context, r *web.Request) (web.Response, error) {
			r.Say(ui.KindInfo, "Van een ander.")
			return web.See("/leeg"), r.Keep("iets", "van een ander")
		}},
		{Method: get, Pattern: "/leeg", Handle: func(_ context.Context, r *web.Request) (web.Response, error) {
			var s string
			return web.Show(web.Page{Body: ui.Text(map[bool]string{true: "Er is iets: " + s, false: "Er is niets."}[r.Take("iets", &s)])}), nil
		}},
		{Method: get, Pattern: "/paniek", Handle: func(context.Context, *web.Request) (web.Response, error) { panic("glas breekt") }},
		{Method: get, Pattern: "/halve", Handle: func(context.Context, *web.Request) (web.Response, error) {
			return web.Show(web.Page{Body: templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
				_, _ = io.WriteString(w, "de eerste helft")
				panic("halverwege")
			})}), nil
		}},
		{Method: get, Pattern: "/stuk", Handle: fails(errors.New("draad los bij pas 20037123456789"))},
		{Method: get, Pattern: "/weg", Handle: fails(problem.Away(web.ReasonAway, "read loans", errors.New("connection refused")))},
		{Method: get, Pattern: "/vaak", Handle: fails(problem.New(problem.TooMany, account.ReasonSlow, problem.Args{"wait": 90 * time.Second}))},
		{Method: get, Pattern: "/ander", Handle: fails(problem.New(problem.NotFound, "payment.not_found", nil))},
		{Method: get, Pattern: "/traag", Handle: fails(context.DeadlineExceeded)},
		{Method: post, Pattern: "/klopt-niet", Handle: fails(problem.List{
			problem.New(problem.Conflict, "renew.changed", nil), problem.New(problem.Conflict, "renew.changed", nil),
		})},
	}
}

func (s *site) act(_ context.Context, r *web.Request) (web.Response, error) {
	s.mu.Lock()
	s.done++
	s.mu.Unlock()
	r.Say(ui.KindGood, "Gedaan voor "+r.Field("naam")+".")
	return web.See("/"), nil
}

// answer is an answer that has been read.
type answer struct {
	StatusCode int
	Header     http.Header
	cookies    []*http.Cookie
}

// ask sends a request as it is: no cookies, no redirects followed.
func (s *site) ask(method, path string, change ...func(*http.Request)) (answer, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range change {
		f(req)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, resp.Cookies()}, string(body)
}

func fields(v url.Values) func(*http.Request) {
	return func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(v.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
}

func english(r *http.Request) { r.AddCookie(&http.Cookie{Name: "taal", Value: "en"}) }
