package main

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/term"

	"hoofdpas/internal/account"
	"hoofdpas/internal/password"
	"hoofdpas/internal/problem"
	"hoofdpas/internal/text"
)

type staffCommand struct {
	Add     staffAdd     `cmd:"" help:"Add an account. The password is asked for, or read from standard input."`
	List    staffList    `cmd:"" help:"List the accounts."`
	Disable staffDisable `cmd:"" help:"Close an account: it is logged out at once."`
	Enable  staffEnable  `cmd:"" help:"Open a disabled account again."`
	Reset   staffReset   `cmd:"" help:"Give an account a new password."`
}

type staffAdd struct {
	User string `arg:"" help:"User name to log in with."`
	Name string `help:"Name as it stands on receipts and in logs." required:""`
}

// Run adds the account.
func (a staffAdd) Run(w *world) error {
	return w.withRoster(func(r *account.Roster) error {
		secret, err := w.askPassword()
		if err != nil {
			return err
		}
		if err := r.Add(w.ctx, a.User, a.Name, secret); err != nil {
			return err //nolint:wrapcheck // put into words by withRoster
		}
		fmt.Fprintf(w.out, "Added %s.\n", a.User)
		return nil
	})
}

type staffList struct{}

// Run lists the accounts.
func (staffList) Run(w *world) error {
	return w.withRoster(func(r *account.Roster) error {
		all, err := r.List(w.ctx)
		if err != nil {
			return err //nolint:wrapcheck // put into words by withRoster
		}
		for _, s := range all {
			state := "open"
			if s.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(w.out, "%-20s %-8s %s\n", s.User, state, s.Name)
		}
		return nil
	})
}

type staffDisable struct {
	User string `arg:"" help:"User name."`
}

// Run closes the account.
func (d staffDisable) Run(w *world) error {
	return w.withRoster(func(r *account.Roster) error { return r.Disable(w.ctx, d.User, true) })
}

type staffEnable struct {
	User string `arg:"" help:"User name."`
}

// Run opens the account again.
func (e staffEnable) Run(w *world) error {
	return w.withRoster(func(r *account.Roster) error { return r.Disable(w.ctx, e.User, false) })
}

type staffReset struct {
	User string `arg:"" help:"User name."`
}

// Run gives the account a new password.
func (r staffReset) Run(w *world) error {
	return w.withRoster(func(roster *account.Roster) error {
		secret, err := w.askPassword()
		if err != nil {
			return err
		}
		return roster.Reset(w.ctx, r.User, secret) //nolint:wrapcheck // put into words by withRoster
	})
}

// withRoster opens the store for f and puts a problem into words.
func (w *world) withRoster(f func(*account.Roster) error) error {
	c, err := w.configuration(nil)
	if err != nil {
		return err
	}
	log := w.logger(c)
	s, err := w.existingStore(c, log)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // the program ends here
	err = f(&account.Roster{Store: s, Hasher: password.New(c.Login.HashesAtOnce), Now: w.now, Log: log})
	if problem.KindOf(err) == "" {
		return err
	}
	zone, zoneErr := c.Location()
	if zoneErr != nil {
		return errors.Join(err, zoneErr)
	}
	texts, textErr := text.Load(zone)
	if textErr != nil {
		return errors.Join(err, textErr)
	}
	return errors.New(strings.Join(texts.In(text.English).Problems(err), " "))
}

// askPassword asks twice on a terminal, without showing it; otherwise it reads
// the first line of standard input. A flag would stand in the process list.
func (w *world) askPassword() (string, error) {
	fd := int(w.in.Fd()) //nolint:gosec // a file descriptor fits
	if !term.IsTerminal(fd) {
		return w.line()
	}
	fmt.Fprint(w.err, "Password: ")
	first, err := term.ReadPassword(fd)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	fmt.Fprint(w.err, "\nOnce more: ")
	again, err := term.ReadPassword(fd)
	fmt.Fprintln(w.err)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	if string(first) != string(again) {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return string(first), nil
}
