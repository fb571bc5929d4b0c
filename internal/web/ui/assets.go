package ui

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed static/*
var static embed.FS

// assetsRoot is where Assets is mounted. Below it comes the edition.
const assetsRoot = "/stijl/"

const (
	styleHref    = assetsRoot + edition + "/hoofdpas.css"
	bodyFontHref = assetsRoot + edition + "/body.woff2"
	iconHref     = assetsRoot + edition + "/icon.svg"
)

// asset is one static file, compressed once.
type asset struct {
	plain, gzipped []byte
	kind           string
}

// types are the files that are served, by extension. A font is compressed by
// itself.
func mediaType(name string) (kind string, compressible bool) {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8", true
	case ".woff2":
		return "font/woff2", false
	case ".svg":
		return "image/svg+xml", true
	default:
		return "text/plain; charset=utf-8", true
	}
}

// Assets answers GET /stijl/{edition}/{file}: style sheet, fonts and icon.
// Browsers keep them for a year, because another edition has other addresses.
func Assets() http.Handler {
	assets := map[string]asset{}
	entries, err := fs.ReadDir(static, "static")
	if err != nil {
		panic(err) // not possible: the folder is compiled in
	}
	for _, e := range entries {
		plain, err := static.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err) // not possible: the file is compiled in
		}
		kind, compressible := mediaType(e.Name())
		a := asset{plain: plain, kind: kind}
		if compressible {
			a.gzipped = compressed(plain)
		}
		assets[e.Name()] = a
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+assetsRoot+"{edition}/{file}", func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets[r.PathValue("file")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		a.serve(w, r)
	})
	return mux
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	// During an upgrade of several machines a page of one edition may ask a
	// machine that has another: it gets what is there, but does not keep it.
	h.Set("Cache-Control", "no-cache")
	if r.PathValue("edition") == edition {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := a.plain
	if a.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.gzipped
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader has hung up: nobody to tell
	}
}

func compressed(plain []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil // not possible in memory; plain will do
	}
	return out.Bytes()
}
