package main

import "github.com/alecthomas/kong"

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"Subcommand to explain."`
}

// Run prints the help of the program or of one subcommand.
func (h helpCommand) Run(w *world, parser *kong.Kong) error {
	_, err := parser.Parse(append(h.Command, "--help"))
	if w.helped {
		return nil
	}
	return err //nolint:wrapcheck // kong says what is wrong with the words
}
