package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// paiaCommand asks one thing of a PAIA server, as an app would.
type paiaCommand struct {
	Method string   `arg:"" enum:"login,refresh,logout,change,patron,items,renew,request,cancel,fees,messages,message,cards,mandates,ask,confirm,decline,withdraw,end,owed,pay,payment" help:"What to ask: login, refresh, logout, change, patron, items, renew, request, cancel, fees, messages or message; of Hoofdpas also cards, mandates, ask, confirm, decline, withdraw, end, owed, pay or payment."`
	Fields []string `arg:"" optional:"" help:"More of the request's body: name=text, or name:=JSON." placeholder:"NAME=VALUE"`

	To       string        `required:"" help:"The server's base address, under which are core and auth." placeholder:"https://mijn.example.nl/paia"`
	CA       string        `name:"ca" help:"Trust these certificates (PEM) and no others." placeholder:"FILE"`
	Language string        `help:"Of sentences in answers." default:"nl,en;q=0.5"`
	Patience time.Duration `help:"How long an answer is waited for." default:"30s"`

	TokenFile       string   `help:"The token: login and refresh write it there, the others read it." placeholder:"FILE"`
	User            string   `help:"With login and change: the card number or user name." placeholder:"USER"`
	PasswordFile    string   `help:"A file with the password; - asks for it, or reads a line of standard input." placeholder:"FILE"`
	NewPasswordFile string   `help:"With change: the new password, likewise." placeholder:"FILE"`
	Scope           string   `help:"With login: what the token is to be for; without it the server chooses." placeholder:"'read_items …'"`
	Card            string   `help:"The card; without it that of the token." placeholder:"NUMBER"`
	Item            []string `help:"With renew, request and cancel: the item's URI; may be given again." placeholder:"URI" sep:"none"`
	ID              string   `name:"id" help:"With message, payment, confirm, decline, withdraw and end: which one." placeholder:"ID"`
	ShowSecrets     bool     `help:"Print passwords and tokens too."`
}

// Help explains what the flags do not.
func (paiaCommand) Help() string {
	return `Asks one thing of any PAIA server and prints the request and the answer with their
headers. Passwords and tokens are shown as •••.

On a live system renew renews, pay starts a payment, and confirm and end do that too.

Examples:
  hoofdpas paia login --to https://mijn.example.nl/paia --user 20001000000012 \
    --password-file - --token-file token.json
  hoofdpas paia items --to https://mijn.example.nl/paia --token-file token.json
  hoofdpas paia ask --to https://mijn.example.nl/paia --token-file token.json \
    side=grantee patron=20001000000020 birthdate=2014-06-02 scopes:='["renew","pay"]'`
}

// paiaMethod is how a method is asked for.
type paiaMethod struct {
	verb, path string
	// ours tells that it is of Hoofdpas's own extension.
	ours bool
}

func paiaMethods() map[string]paiaMethod {
	const get, post = http.MethodGet, http.MethodPost
	all := map[string]paiaMethod{
		"login":    {post, "/auth/login", false},
		"refresh":  {post, "/auth/login", false},
		"logout":   {post, "/auth/logout", false},
		"change":   {post, "/auth/change", false},
		"patron":   {get, "/core/{card}", false},
		"items":    {get, "/core/{card}/items", false},
		"renew":    {post, "/core/{card}/renew", false},
		"request":  {post, "/core/{card}/request", false},
		"cancel":   {post, "/core/{card}/cancel", false},
		"fees":     {get, "/core/{card}/fees", false},
		"messages": {get, "/core/{card}/messages", false},
		"message":  {get, "/core/{card}/messages/{id}", false},
		"cards":    {get, "/{card}/cards", true},
		"mandates": {get, "/{card}/mandates", true},
		"ask":      {post, "/{card}/mandates", true},
		"owed":     {get, "/{card}/fees", true},
		"pay":      {post, "/{card}/payments", true},
		"payment":  {get, "/{card}/payments/{id}", true},
	}
	for _, act := range []string{"confirm", "decline", "withdraw", "end"} {
		all[act] = paiaMethod{post, "/{card}/mandates/{id}/" + act, true}
	}
	return all
}

// paiaToken is what login answers; it is kept in a file.
type paiaToken struct {
	Patron  string `json:"patron"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// Run asks, and ends with an error when the server refuses.
func (p paiaCommand) Run(w *world) error {
	token, err := p.token()
	if err != nil {
		return err
	}
	body, err := p.body(w, token)
	if err != nil {
		return err
	}
	address, err := p.address(token)
	if err != nil {
		return err
	}
	logsIn := p.Method == "login" || p.Method == "refresh"
	ask := httpAsk{
		verb: paiaMethods()[p.Method].verb, address: address, language: p.Language, body: body, trusted: p.CA, patience: p.Patience, open: p.ShowSecrets,
	}
	if !logsIn {
		ask.token = token.Access
	}
	status, answer, err := w.askHTTP(ask)
	if err != nil {
		return err
	}
	if status >= http.StatusBadRequest {
		return fmt.Errorf("the server refuses: %d %s", status, http.StatusText(status))
	}
	if !logsIn || p.TokenFile == "" {
		return nil
	}
	const onlyOurs = 0o600
	if err := os.WriteFile(p.TokenFile, answer, onlyOurs); err != nil {
		return fmt.Errorf("keep the token: %w", err)
	}
	return nil
}

// address is where the method is.
func (p paiaCommand) address(t paiaToken) (string, error) {
	m := paiaMethods()[p.Method]
	base := strings.TrimSuffix(p.To, "/")
	if m.ours {
		base = strings.TrimSuffix(base, "/paia") + "/api/v1"
	}
	path := m.path
	for place, of := range map[string]struct{ value, flag string }{"{card}": {p.card(t), "--card"}, "{id}": {p.ID, "--id"}} {
		if strings.Contains(path, place) && of.value == "" {
			return "", fmt.Errorf("%s: write which one", of.flag)
		}
		path = strings.ReplaceAll(path, place, of.value)
	}
	return base + path, nil
}

func (p paiaCommand) card(t paiaToken) string {
	if p.Card != "" {
		return p.Card
	}
	return t.Patron
}

// token reads the token file: what login wrote, or a token alone.
func (p paiaCommand) token() (t paiaToken, err error) {
	switch {
	case p.Method == "login":
		return t, nil
	case p.TokenFile == "":
		return t, errors.New("--token-file: name the file that login wrote the token to")
	}
	raw, err := os.ReadFile(p.TokenFile)
	if err != nil {
		return t, fmt.Errorf("read the token: %w", err)
	}
	if json.Unmarshal(raw, &t) != nil {
		t = paiaToken{Access: strings.TrimSpace(string(raw))}
	}
	return t, nil
}

// body is what is sent; nil for a method that sends nothing.
func (p paiaCommand) body(w *world, t paiaToken) (map[string]any, error) {
	b := map[string]any{}
	password, err := w.secret(p.PasswordFile, "Password")
	if err != nil {
		return nil, err
	}
	chosen, err := w.secret(p.NewPasswordFile, "New password")
	if err != nil {
		return nil, err
	}
	switch p.Method {
	case "login":
		b["grant_type"], b["username"], b["password"], b["client"] = "password", p.User, password, "hoofdpas paia"
		if p.Scope != "" {
			b["scope"] = p.Scope
		}
		if p.User == "" || p.PasswordFile == "" {
			return nil, errors.New("--user and --password-file: write who logs in, and name a file with the password, or - to be asked for it")
		}
	case "refresh":
		b["grant_type"], b["refresh_token"] = "refresh_token", t.Refresh
	case "logout":
		b["patron"] = p.card(t)
	case "change":
		b["patron"], b["username"], b["old_password"], b["new_password"] = p.card(t), p.User, password, chosen
	case "renew", "request", "cancel":
		docs := []map[string]string{}
		for _, item := range p.Item {
			docs = append(docs, map[string]string{"item": item})
		}
		b["doc"] = docs
	}
	if err := p.more(b); err != nil {
		return nil, err
	}
	if paiaMethods()[p.Method].verb == http.MethodGet {
		return nil, nil //nolint:nilnil // nothing is sent
	}
	return b, nil
}

// more adds the fields of the command line.
func (p paiaCommand) more(b map[string]any) error {
	secret := []string{"password", "old_password", "new_password", "refresh_token"}
	for _, field := range p.Fields {
		name, value, ok := strings.Cut(field, "=")
		name, isJSON := strings.CutSuffix(name, ":")
		switch {
		case !ok || name == "":
			return fmt.Errorf("%q: write name=text or name:=JSON", field)
		case slices.Contains(secret, name):
			return fmt.Errorf("%s: others can read what stands on the command line; use a file", name)
		case !isJSON:
			b[name] = value
			continue
		}
		var v any
		if err := json.Unmarshal([]byte(value), &v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b[name] = v
	}
	return nil
}
