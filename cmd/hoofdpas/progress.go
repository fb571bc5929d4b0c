package main

import (
	"os"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
)

// bar shows progress on a terminal and nothing elsewhere.
type bar struct{ shown *progressbar.ProgressBar }

func (w *world) bar() *bar {
	f, ok := w.err.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return &bar{}
	}
	return &bar{progressbar.NewOptions64(-1, progressbar.OptionSetWriter(f), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription("reading"), progressbar.OptionClearOnFinish())}
}

// show takes the bytes read so far and the bytes there are.
func (b *bar) show(done, total int64) {
	if b.shown == nil {
		return
	}
	b.shown.ChangeMax64(total)
	_ = b.shown.Set64(done) // a bar that cannot be drawn is not worth a failed import
}

func (b *bar) done() {
	if b.shown != nil {
		_ = b.shown.Finish() // as above
	}
}
