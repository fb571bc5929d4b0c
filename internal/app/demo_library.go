package app

import (
	"context"
	"fmt"

	"hoofdpas/internal/config"
	"hoofdpas/internal/library/acs"
	"hoofdpas/internal/password"
	"hoofdpas/internal/store"
)

// DemoProfile is the SIP2 profile of what ServeLibrary sends.
const DemoProfile = "hoofdpas"

// ServeLibrary answers SIP2 for the built-in library in the store, as a library's
// own system does, to whoever logs in as library.sip says, until the context ends.
func ServeLibrary(ctx context.Context, c config.Config, s *store.Store, out Outside) error {
	zone, err := c.Location()
	if err != nil {
		return fmt.Errorf("read the time zone: %w", err)
	}
	r := &rooms{config: c, out: out, store: s, zone: zone}
	system, err := r.builtin(password.New(c.Login.HashesAtOnce))
	if err != nil {
		return err
	}
	server := acs.New(acs.Options{
		System: system, Cards: system, Passwords: system,
		User: c.Library.SIP.User, Password: c.Library.SIP.Password,
		Institution: c.Library.SIP.Institution, Library: c.Library.Name, Currency: c.Library.SIP.Currency,
		Zone: zone, Now: out.Now, Log: out.Log,
	})
	return server.Serve(ctx, out.Listener) //nolint:wrapcheck // says what it was doing
}
