package koha

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// tokens keeps the token of OAuth2 client credentials until shortly before it
// ends. One asks for it; who comes meanwhile waits for that answer.
type tokens struct {
	turn  chan struct{}
	token string
	until time.Time
	count atomic.Int64 // of tokens that there were
}

func newTokens() *tokens { return &tokens{turn: make(chan struct{}, 1)} }

// forget throws the token away that was refused, unless there is another since.
func (t *tokens) forget(count int64) {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	if t.count.Load() == count {
		t.token = ""
	}
}

// margin is how long before its end a token is not used any more.
const margin = time.Minute

// token returns a token that is good for now.
func (s *System) token(ctx context.Context) (string, error) {
	t := s.tokens
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", fmt.Errorf("wait for a token: %w", ctx.Err())
	}
	if t.token != "" && s.options.Now().Before(t.until) {
		return t.token, nil
	}
	var got struct {
		Token   string  `json:"access_token"`
		Expires seconds `json:"expires_in"`
	}
	asked := s.options.Now()
	if _, err := s.ask(ctx, request{
		method: http.MethodPost, route: "/oauth/token", open: true, form: url.Values{
			"grant_type": {"client_credentials"}, "client_id": {s.options.ClientID}, "client_secret": {s.options.ClientSecret},
		},
	}, &got); err != nil {
		return "", fmt.Errorf("ask for a token: %w", err)
	}
	if got.Token == "" {
		return "", errors.New("ask for a token: there is none in the answer")
	}
	lasts := time.Duration(got.Expires) * time.Second
	t.count.Add(1)
	t.token, t.until = got.Token, asked.Add(max(lasts-margin, lasts/2))
	return t.token, nil
}
