package web

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/justinas/nosurf"

	"hoofdpas/internal/account"
	"hoofdpas/internal/text"
)

// maxField bounds one field in characters. What a field means bounds it more.
const maxField = 2000

// Request is one request as handlers see it.
type Request struct {
	*http.Request
	// Text prints in the reader's language.
	Text *text.Printer
	// Me is who is logged in as a member; its Holder is zero for nobody.
	Me account.Identity
	// Staff is who is logged in at the desk; its ID is zero for nobody.
	Staff account.Staff

	shell  *Shell
	w      http.ResponseWriter
	fields url.Values
	// bare: there is no session, since what keeps them is away.
	bare bool
	// idledOut: there was a session, and it ended by itself.
	idledOut bool
}

func (s *Shell) request(w http.ResponseWriter, hr *http.Request) *Request {
	return &Request{Request: hr, Text: s.Texts.In(s.language(hr)), shell: s, w: w}
}

// Field is a posted field without the spaces around it.
func (r *Request) Field(name string) string { return strings.TrimSpace(r.fields.Get(name)) }

// Raw is a posted field as it was typed. A password may begin with a space.
func (r *Request) Raw(name string) string { return r.fields.Get(name) }

// Fields are all values of a posted field: ticked boxes.
func (r *Request) Fields(name string) []string { return r.fields[name] }

// Token is the anti-forgery token for a form on this page. It differs on every
// page, so that compressing it gives nothing away.
func (r *Request) Token() string { return nosurf.Token(r.Request) }

// Address is the network address the request came from, for slowing down. Only
// the connection counts: a header can be made up.
func (r *Request) Address() string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// CookieValue returns a cookie's value, "" when there is none.
func (r *Request) CookieValue(name string) string {
	c, err := r.Request.Cookie(r.shell.CookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}
