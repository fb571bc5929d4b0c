package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web/ui"
)

// languageCookie remembers the reader's language for a year.
const languageCookie = "taal"

// language is the reader's choice, or Dutch. What the browser says it prefers
// does not count: a library's site is in Dutch until a reader asks otherwise.
func (s *Shell) language(r *http.Request) text.Language {
	if c, err := r.Cookie(s.CookieName(languageCookie)); err == nil {
		if l, ok := text.Reads(c.Value); ok {
			return l
		}
	}
	return text.Dutch
}

// SwitchLanguage answers GET /taal/{taal}?naar=...: it remembers the language
// and goes back to where the reader was.
func (s *Shell) SwitchLanguage(_ context.Context, r *Request) (Response, error) {
	l, ok := text.Reads(r.PathValue("taal"))
	if !ok {
		return Response{}, problem.New(problem.NotFound, ReasonNoPage, nil)
	}
	c := s.cookie(languageCookie, 365*24*time.Hour)
	c.Value = string(l)
	http.SetCookie(r.w, &c)
	return See(Local(r.URL.Query().Get("naar"), s.home())), nil
}

// Local returns the address if it is a path on this site, else fallback: a
// forged link must not lead elsewhere. Browsers read a backslash as a slash.
func Local(address, fallback string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(address, "/") ||
		strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return fallback
	}
	return address
}

func (s *Shell) frame(r *Request, p Page) ui.Frame {
	stay := p.Stay
	if stay == "" {
		stay = s.stay(r)
	}
	other := text.English
	if r.Text.Lang == text.English {
		other = text.Dutch
	}
	f := ui.Frame{
		Lang: string(r.Text.Lang), Title: p.Title, LibraryName: s.Library, HideNav: p.HideNav,
		HomeHref: s.home(), SkipLabel: r.Text.T("web.skip"),
		SwitchLang: string(other), SwitchLabel: s.Texts.In(other).T("web.this_language"),
		SwitchHref: s.Prefix + "/taal/" + string(other) + "?naar=" + url.QueryEscape(stay),
		HouseStyle: s.HouseStyle, CSRF: r.Token(),
	}
	if r.bare {
		return f // who is logged in, and what was said, is not to be had
	}
	f.Notices = r.takeNotices()
	if s.Frame != nil {
		s.Frame(r, &f)
	}
	for i := range f.Nav {
		f.Nav[i].Current = f.Nav[i].Href == p.Section
	}
	return f
}

// stay is the request's own address, or the first page for a form whose address
// is no page.
func (s *Shell) stay(r *Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL.RequestURI()
	}
	page := http.Request{Method: http.MethodGet, URL: r.URL, Host: r.Host}
	if _, pattern := s.mux.Handler(&page); !strings.HasPrefix(pattern, "GET ") {
		return s.home()
	}
	return r.URL.RequestURI()
}

// noticesKey is where a session keeps what the last button did.
const noticesKey = "notices"

// Say puts a sentence at the top of the next page.
func (r *Request) Say(kind ui.Kind, sentence string, details ...string) {
	all := r.peekNotices()
	all = append(all, ui.Notice{Kind: kind, Text: sentence, Details: details})
	kept, err := json.Marshal(all)
	if err != nil {
		return // not possible: strings only
	}
	r.shell.Sessions.Put(r.Context(), noticesKey, kept)
}

// Complain puts the sentences of a problem at the top of the next page.
func (r *Request) Complain(err error) {
	sentences := r.Text.Problems(err)
	if len(sentences) == 0 {
		return
	}
	r.Say(ui.KindError, sentences[0], sentences[1:]...)
}

func (r *Request) peekNotices() []ui.Notice {
	var all []ui.Notice
	if kept := r.shell.Sessions.GetBytes(r.Context(), noticesKey); len(kept) > 0 {
		_ = json.Unmarshal(kept, &all) // an older version's notices are not worth a page
	}
	return all
}

// takeNotices returns what was said, once. A browser that only asks for the
// header, or fetches a page that nobody may ever see, takes nothing.
func (r *Request) takeNotices() []ui.Notice {
	all := r.peekNotices()
	if len(all) > 0 && r.Method != http.MethodHead && r.Header.Get("Sec-Purpose") == "" {
		r.shell.Sessions.Remove(r.Context(), noticesKey)
	}
	return all
}
