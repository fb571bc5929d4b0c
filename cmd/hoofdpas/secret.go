package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// secret reads a password from a file, or where that is - from the terminal, without
// showing it, or a line of standard input. A flag would stand in the process list.
// Without a file it is "".
func (w *world) secret(path, what string) (string, error) {
	switch path {
	case "":
		return "", nil
	case "-":
		return w.typed(what)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read a password: %w", err)
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}

func (w *world) typed(what string) (string, error) {
	fd := int(w.in.Fd()) //nolint:gosec // a file descriptor fits
	if !term.IsTerminal(fd) {
		return w.line()
	}
	fmt.Fprint(w.err, what+": ")
	secret, err := term.ReadPassword(fd)
	fmt.Fprintln(w.err)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(secret), nil
}

// line reads the next line of standard input, and nothing of what follows.
func (w *world) line() (string, error) {
	var all []byte
	one := make([]byte, 1)
	for {
		n, err := w.in.Read(one)
		if n == 0 || one[0] == '\n' {
			break
		}
		if all = append(all, one[0]); err != nil {
			break
		}
	}
	line := strings.TrimRight(string(all), "\r")
	if line == "" {
		return "", errors.New("there is no password: write it on the first line of standard input")
	}
	return line, nil
}
