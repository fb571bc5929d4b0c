package app

import (
	"fmt"
	"net/http"

	"hoofdpas/internal/account"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/config"
	"hoofdpas/internal/library/builtin"
	"hoofdpas/internal/library/koha"
)

// librarySystem is what every library system can do. What only some can (finding
// by name, knowing a person by a key) is asked of the value itself.
type librarySystem interface {
	circulation.LibrarySystem
	account.Cards
	account.FirstPasswords
}

// library opens the configured library system.
func (r *rooms) library(hasher account.Hasher) (librarySystem, error) {
	switch r.config.Library.System {
	case config.Koha:
		s, err := r.koha()
		if err != nil {
			return nil, fmt.Errorf("prepare the library system: %w", err)
		}
		return s, nil
	default:
		rules, err := r.config.Lending()
		if err != nil {
			return nil, fmt.Errorf("read the rules: %w", err)
		}
		return &builtin.System{Tables: r.store, Rules: rules, Hasher: hasher, Now: r.out.Now}, nil
	}
}

func (r *rooms) koha() (*koha.System, error) {
	c := r.config.Library.Koha
	return koha.New(koha.Options{ //nolint:wrapcheck // library says it
		URL: c.URL, User: c.User, Password: c.Password, ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		Branch: c.Branch, PaymentType: c.PaymentType, FirstPassword: c.FirstPassword, FeeLimit: c.Limit(),
		Zone: r.zone, Client: r.systemClient(), Now: r.out.Now, Log: r.out.Log,
	})
}

// systemClient asks the library system. Each call ends by its context; this is
// for the one that has none.
func (r *rooms) systemClient() *http.Client {
	client := *r.out.Client
	client.Timeout = r.config.Library.Patience()
	return &client
}
