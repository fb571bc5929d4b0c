package main

type configCommand struct{}

// Run prints the effective configuration, and then what is wrong with it.
func (configCommand) Run(w *world) error {
	c, err := w.unchecked(nil)
	if err != nil {
		return err
	}
	if err := c.Print(w.out); err != nil {
		return err //nolint:wrapcheck // says what it was doing
	}
	return c.Validate() //nolint:wrapcheck // lists the faults
}
