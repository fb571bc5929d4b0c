package main

import (
	"fmt"
	"net/http"
	"strings"
)

// playPAIA is a PAIA server that answers what the script of paia asks.
func playPAIA(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case path == "/paia/auth/login":
		fmt.Fprint(w, `{"patron":"20001000000012","access_token":"zeer-geheim","refresh_token":"ook-geheim","expires_in":900}`)
	case r.Header.Get("Authorization") != "Bearer zeer-geheim" || strings.HasSuffix(path, "/messages"):
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "\x1b[2Jno")
	default:
		w.Header().Set("X-Test", "let in")
		fmt.Fprint(w, `{"doc":[]}`)
	}
}
