package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"hoofdpas/internal/problem"
	"hoofdpas/internal/web/ui"
)

// Reasons about sessions.
const (
	ReasonSignIn problem.Reason = "web.sign_in" // the session has ended: log in first
	ReasonAway   problem.Reason = "web.away"    // what keeps sessions is away, or a page took too long
	ReasonUnsure problem.Reason = "web.unsure"  // the same after a form, which may have done its work
)

// The bounds of a session. Many log in on a computer in the library and forget
// to log out.
const (
	DefaultIdle     = 30 * time.Minute
	DefaultLifetime = 12 * time.Hour
	touchEvery      = time.Minute // how exactly idleness is known, and how often a page writes
)

// sessions reads the session that a request belongs to. scs has a layer of its
// own for this, which finds out that a session cannot be kept when the page has
// been begun; here it is kept first (see keepSession), and a page says so.
func (s *Shell) sessions(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		var token string
		if c, err := hr.Cookie(s.Sessions.Cookie.Name); err == nil {
			token = c.Value
		}
		ctx, err := s.Sessions.Load(hr.Context(), token)
		if err != nil {
			r := s.request(w, hr)
			r.bare = true
			s.write(r, s.failed(r, away("read the session", err)))
			return
		}
		next.ServeHTTP(w, hr.WithContext(ctx))
	})
}

// keepSession writes what the request changed in its session, and the cookie.
func (s *Shell) keepSession(r *Request) error {
	if r.bare {
		return nil
	}
	m, ctx := s.Sessions, r.Context()
	switch m.Status(ctx) {
	case scs.Modified:
		token, expiry, err := m.Commit(ctx)
		if err != nil && r.Method == http.MethodPost {
			return problem.Away(ReasonUnsure, "keep the session", err)
		}
		if err != nil {
			return away("keep the session", err)
		}
		m.WriteSessionCookie(ctx, r.w, token, expiry)
	case scs.Destroyed:
		m.WriteSessionCookie(ctx, r.w, "", time.Time{})
	case scs.Unmodified:
	}
	return nil
}

// away makes a fault of what keeps sessions a problem, unless it says itself
// what is the matter.
func away(doing string, err error) error {
	if problem.KindOf(err) == problem.Unavailable {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return problem.Away(ReasonAway, doing, err)
}

// NewSessions makes the keeper of one face's sessions. cookie is the name; see
// Shell.CookieName.
func NewSessions(store scs.Store, cookie string, secure bool) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	m.Codec = codec{}
	m.Lifetime = DefaultLifetime
	m.Cookie.Name = cookie
	m.Cookie.Path = "/"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = secure
	m.Cookie.Persist = false  // gone with the browser
	m.HashTokenInStore = true // who reads the store cannot take over a session
	return m
}

// Sitting is what a session remembers of who is logged in.
type Sitting struct {
	Who   int64 // a card.ID, or a staff account's ID
	Epoch int64
}

// The keys under which a sitting is kept.
const (
	whoKey   = "who"
	epochKey = "epoch"
	seenKey  = "seen"
)

// Begin keeps who logged in, under a new session token: whoever knew the old
// one has nothing. Nothing else is carried over: on a computer in the library
// the session may have been somebody else's.
func (r *Request) Begin(s Sitting) error {
	m, ctx := r.shell.Sessions, r.Context()
	if err := m.Clear(ctx); err != nil {
		return problem.Away(ReasonAway, "empty the session", err)
	}
	if err := m.RenewToken(ctx); err != nil {
		return problem.Away(ReasonAway, "renew the session", err)
	}
	m.Put(ctx, whoKey, s.Who)
	m.Put(ctx, epochKey, s.Epoch)
	m.Put(ctx, seenKey, r.shell.Now().Unix())
	return nil
}

// End forgets the session. What was said for the next page is kept.
func (r *Request) End() error {
	notices := r.peekNotices()
	if err := r.shell.Sessions.Destroy(r.Context()); err != nil {
		return problem.Away(ReasonAway, "end the session", err)
	}
	for _, n := range notices {
		r.Say(n.Kind, n.Text, n.Details...)
	}
	return nil
}

// Sitting returns who is logged in; ok is false for nobody, or when the session
// was idle too long.
func (r *Request) Sitting() (s Sitting, ok bool) {
	m, ctx := r.shell.Sessions, r.Context()
	s = Sitting{Who: m.GetInt64(ctx, whoKey), Epoch: m.GetInt64(ctx, epochKey)}
	if s.Who == 0 {
		return Sitting{}, false
	}
	now := r.shell.Now()
	idle := now.Sub(time.Unix(m.GetInt64(ctx, seenKey), 0))
	if idle > DefaultIdle {
		r.idledOut = true
		// What the session kept for its next page is not for whoever comes now.
		_ = m.Clear(ctx) // cannot fail: it asks no store
		return Sitting{}, false
	}
	if idle > touchEvery || idle < 0 { // below zero: the clock was put back
		m.Put(ctx, seenKey, now.Unix())
	}
	return s, true
}

// Keep puts something by for the next page of this session, as JSON.
func (r *Request) Keep(key string, v any) error {
	kept, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("keep for the next page: %w", err)
	}
	r.shell.Sessions.Put(r.Context(), key, kept)
	return nil
}

// Take reads into v what was kept, once; it reports false when there is nothing
// that v can hold, such as what an older version kept.
func (r *Request) Take(key string, v any) bool {
	kept := r.shell.Sessions.GetBytes(r.Context(), key)
	if len(kept) == 0 {
		return false
	}
	r.shell.Sessions.Remove(r.Context(), key)
	return json.Unmarshal(kept, v) == nil
}

// Recall is Take for what stays kept.
func (r *Request) Recall(key string, v any) bool {
	kept := r.shell.Sessions.GetBytes(r.Context(), key)
	return len(kept) > 0 && json.Unmarshal(kept, v) == nil
}

// SetCookie sets a cookie of ours; "" removes it.
func (r *Request) SetCookie(name, value string, keep time.Duration) {
	c := r.shell.cookie(name, keep)
	c.Value = value
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(r.w, &c)
}

// Guard lets only those through whom identify finds logged in. identify fills
// in Me or Staff; it answers with another address when the person first has to
// do something else. Everybody else goes to the log-in page and from there back.
func (s *Shell) Guard(identify func(context.Context, *Request) (ok bool, elsewhere string, err error), h Handler) Handler {
	return func(ctx context.Context, r *Request) (Response, error) {
		ok, elsewhere, err := identify(ctx, r)
		switch {
		case err != nil:
			return Response{}, err
		case elsewhere != "":
			return See(elsewhere), nil
		case ok:
			return h(ctx, r)
		}
		then := r.URL.RequestURI()
		if r.Method == http.MethodPost {
			then = "" // a form is not sent again by itself
		}
		if r.Method == http.MethodPost || r.idledOut {
			r.Say(ui.KindWarn, r.Text.T("problem."+string(ReasonSignIn)))
		}
		return See(s.signIn(then)), nil
	}
}
