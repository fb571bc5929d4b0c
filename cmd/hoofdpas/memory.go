package main

import (
	"runtime/debug"
	"slices"
	"strings"
)

// Pages leave much garbage and little that stays, so that by itself Go would
// collect at every few dozen of them. Here it waits for five times what stays,
// unless the whole would pass the bound: passwords take 19 MB each while they are
// hashed. Who has a larger machine sets GOGC and GOMEMLIMIT.
const (
	garbagePercent = 400
	memoryAim      = 100 << 20 // bytes; a bound that Go keeps to by collecting more often
)

func (w *world) aimAtLittleMemory() {
	set := func(name string) bool {
		return slices.ContainsFunc(w.environ, func(v string) bool { return strings.HasPrefix(v, name+"=") })
	}
	if set("GOGC") || set("GOMEMLIMIT") {
		return
	}
	debug.SetGCPercent(garbagePercent)
	debug.SetMemoryLimit(memoryAim)
}
