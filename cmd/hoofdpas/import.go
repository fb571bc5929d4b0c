package main

import (
	"errors"
	"fmt"

	"hoofdpas/internal/exchange"
	"hoofdpas/internal/password"
)

type importCommand struct {
	Cards      string `help:"File of cards." type:"existingfile" placeholder:"FILE"`
	Loans      string `help:"File of loans." type:"existingfile" placeholder:"FILE"`
	Fees       string `help:"File of fees." type:"existingfile" placeholder:"FILE"`
	Encoding   string `help:"Character set of the files: utf-8 or windows-1252." default:"utf-8" enum:"utf-8,windows-1252"`
	AllowEmpty bool   `help:"Allow a file without rows, which closes or settles everything of its kind."`
}

// Run loads the files, all or nothing.
func (i importCommand) Run(w *world) error {
	if i.Cards == "" && i.Loans == "" && i.Fees == "" {
		return errors.New("import: name at least one of --cards, --loans and --fees")
	}
	c, err := w.configuration(nil)
	if err != nil {
		return err
	}
	if c.Library.Remote() {
		return fmt.Errorf("import: cards, loans and fees are in the library's own system (library.system is %s); nothing is imported", c.Library.System)
	}
	rules, err := c.Lending()
	if err != nil {
		return fmt.Errorf("read the rules: %w", err)
	}
	s, err := w.openStore(c, w.logger(c), nil)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // the program ends here
	bar := w.bar()
	sum, err := exchange.Import(w.ctx, s, exchange.Files{
		Cards: exchange.File(i.Cards), Loans: exchange.File(i.Loans), Fees: exchange.File(i.Fees),
	}, exchange.Options{
		Rules: rules, Hasher: password.New(c.Login.HashesAtOnce), Now: w.now,
		Encoding: i.Encoding, AllowEmpty: i.AllowEmpty, Progress: bar.show,
	})
	bar.done()
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	fmt.Fprint(w.out, sum)
	return nil
}
