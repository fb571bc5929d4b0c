//go:build ignore

// Command reach exits with 0 when an address answers within ten seconds.
package main

import (
	"context"
	"net/http"
	"os"
	"time"
)

func main() {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, os.Args[1], http.NoBody)
	if err != nil {
		os.Exit(1)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		os.Exit(1)
	}
}
