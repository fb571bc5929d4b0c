package main

import (
	"os"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"hoofdpas/internal/exchange"
)

// bar shows the progress of an import on a terminal and nothing elsewhere.
type bar struct {
	terminal *os.File // nil elsewhere
	step     exchange.Step
	shown    *progressbar.ProgressBar
}

func (w *world) bar() *bar {
	f, ok := w.err.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return &bar{}
	}
	return &bar{terminal: f}
}

// show takes how far a step is: bytes while reading, else pieces.
func (b *bar) show(step exchange.Step, done, total int64) {
	if b.terminal == nil {
		return
	}
	if b.shown == nil || b.step != step {
		b.done()
		b.step = step
		b.shown = progressbar.NewOptions64(total, progressbar.OptionSetWriter(b.terminal),
			progressbar.OptionShowBytes(step == exchange.Reading), progressbar.OptionSetDescription(string(step)),
			progressbar.OptionClearOnFinish())
	}
	_ = b.shown.Set64(done) // a bar that cannot be drawn is not worth a failed import
}

func (b *bar) done() {
	if b.shown != nil {
		_ = b.shown.Finish() // as above
	}
}
