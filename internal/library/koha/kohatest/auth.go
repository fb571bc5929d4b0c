package kohatest

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
)

// who is asking.
type who struct{ *Patron }

// permissions is what a call needs: module and part.
type permissions map[string]string

// allowed checks who asks and answers when that is nobody, or somebody who may
// not. owner, when given, are persons who may ask about themselves.
func (s *Server) allowed(w http.ResponseWriter, r *http.Request, needs permissions, owners ...int) (who, bool) {
	p, ok := s.identified(w, r)
	if !ok {
		return who{}, false
	}
	if slices.Contains(owners, p.ID) {
		return who{p}, true
	}
	for module := range needs {
		if !slices.Contains(p.permissions, module) && !slices.Contains(p.permissions, "superlibrarian") {
			answerAs(w, fromAuth, http.StatusForbidden, object{
				"error": "Authorization failure. Missing required permission(s).", "required_permissions": needs,
			})
			return who{}, false
		}
	}
	return who{p}, true
}

// identified finds who asks, by password or token.
func (s *Server) identified(w http.ResponseWriter, r *http.Request) (*Patron, bool) {
	failure := object{"error": "Authentication failure."}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		if until, known := s.tokens[token]; known && s.options.Now().Before(until) {
			return s.byUser(User), true
		}
		answerAs(w, fromAuth, http.StatusUnauthorized, failure)
		return nil, false
	}
	user, password, ok := r.BasicAuth()
	if !ok {
		answerAs(w, fromAuth, http.StatusUnauthorized, failure)
		return nil, false
	}
	if p := s.byUser(user); p != nil && p.Password != "" && p.Password == password {
		return p, true
	}
	// The card number with its password is believed, and then nobody is found.
	if p := s.byNumber(user); p != nil && p.Password != "" && p.Password == password {
		answerAs(w, fromAuth, http.StatusUnauthorized, failure)
		return nil, false
	}
	answerAs(w, fromAuth, http.StatusForbidden, object{"error": "Invalid password", "required_permissions": nil})
	return nil, false
}

func (s *Server) byUser(user string) *Patron {
	for _, p := range s.patrons {
		if p.UserID != "" && strings.EqualFold(p.UserID, user) {
			return p
		}
	}
	return nil
}

func (s *Server) byNumber(number string) *Patron {
	for _, p := range s.patrons {
		if p.Number != "" && strings.EqualFold(p.Number, number) {
			return p
		}
	}
	return nil
}

func (s *Server) byID(id int) *Patron {
	for _, p := range s.patrons {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// token answers with a token for the client.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("client_id") != ClientID ||
		r.PostFormValue("client_secret") != ClientSecret {
		complain(w, http.StatusForbidden, "access_denied")
		return
	}
	token := rand.Text()
	s.tokens[token] = s.options.Now().Add(s.options.TokenLasts)
	answer(w, http.StatusOK, object{
		"access_token": token, "expires_in": int(s.options.TokenLasts.Seconds()), "token_type": "Bearer",
	})
}

// RevokeTokens makes every token worthless: the server was restarted.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}
