package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version and commit are set when the program is built by make.
var (
	version = "development"
	commit  = "" //nolint:gochecknoglobals // the linker writes it
)

type versionCommand struct{}

// Run prints the version, the commit it was built from and the Go version.
func (versionCommand) Run(w *world) error {
	fmt.Fprintf(w.out, "hoofdpas %s, commit %s, %s %s/%s\n", version, builtFrom(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// builtFrom is the commit that the program was built from.
func builtFrom() string {
	if commit != "" {
		return commit
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}
