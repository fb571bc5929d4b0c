// Package calendartest has the clock of tests.
package calendartest

import (
	"sync"
	"time"
)

// Clock stands still until a test moves it. It is safe for use by many at once.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// At is a clock that stands at an instant.
func At(t time.Time) *Clock { return &Clock{at: t} }

// Now is the instant that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Pass moves the clock on, or back by less than nothing.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
