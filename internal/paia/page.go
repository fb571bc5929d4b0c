package paia

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// openAPI describes every method for programs (OpenAPI 3.1).
//
//go:embed openapi.json
var openAPI []byte

//go:embed page.html
var pageText string

// description is the part of openapi.json that the page shows.
type description struct {
	Info       struct{ Title, Version, Description string }
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	Summary, Description string
	Tags                 []string
	Scopes               []string `json:"x-scopes"`
	RequestBody          content
	Responses            map[string]content
}

type content struct {
	Description string
	Content     map[string]struct{ Schema schema }
}

// shownMethod is a row of the page.
type shownMethod struct {
	Verb, Path, Anchor string
	operation
	Sent, Answered []field
}

// page is the readable page, made from the same description.
func (a *api) page() []byte {
	var d description
	if err := json.Unmarshal(openAPI, &d); err != nil {
		panic(err) // not possible: a test reads it
	}
	groups := map[string][]shownMethod{}
	for path, all := range d.Paths {
		for verb, o := range all {
			m := shownMethod{Verb: strings.ToUpper(verb), Path: path, operation: o}
			m.Anchor = strings.NewReplacer("/", "-", "{", "", "}", "").Replace(verb + path)
			m.Sent = d.fields(o.RequestBody.Content["application/json"].Schema, "")
			m.Answered = d.fields(o.Responses["200"].Content["application/json"].Schema, "")
			groups[o.Tags[0]] = append(groups[o.Tags[0]], m)
		}
	}
	for _, g := range groups {
		slices.SortFunc(g, func(x, y shownMethod) int { return strings.Compare(x.Path+x.Verb, y.Path+y.Verb) })
	}
	var out bytes.Buffer
	t := template.Must(template.New("page").Parse(pageText))
	if err := t.Execute(&out, map[string]any{"Info": d.Info, "Library": a.Library, "Groups": groups, "Base": a.PublicURL.String()}); err != nil {
		panic(err) // not possible: as above
	}
	return out.Bytes()
}

// documented serves what describes the API. Anybody may read it from anywhere.
func (a *api) documented(route, kind string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := a.Now()
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cache-Control", "max-age=300")
		_, _ = w.Write(body) // who asked has hung up
		a.Log.LogAttrs(r.Context(), slog.LevelInfo, "api", slog.String("method", r.Method), slog.String("route", route),
			slog.Int("status", http.StatusOK), slog.Duration("took", a.Now().Sub(began)))
	})
}
