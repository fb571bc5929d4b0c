package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
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

// mediaType is the type of a file by its extension. A font is compressed by
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
		// During an upgrade of several machines a page of one edition may ask a
		// machine that has another: it gets what is there, but does not keep it.
		a.serve(w, r, r.PathValue("edition") == edition)
	})
	return mux
}

// HouseStyleHref is the address of a library's own style sheet, "" for none. It
// is another one for another content.
func HouseStyleHref(css []byte) string {
	if css == nil {
		return ""
	}
	const length = 6 // bytes, as in edition
	sum := sha256.Sum256(css)
	return assetsRoot + "huis-" + hex.EncodeToString(sum[:length]) + ".css"
}

// HouseStyle answers with a library's own style sheet, which comes after ours
// and sets tokens anew (assets/style/tokens.css).
func HouseStyle(css []byte) http.Handler {
	kind, _ := mediaType(".css")
	a := asset{plain: css, gzipped: compressed(css), kind: kind}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, true) })
}

// serve sends the file; it is kept for good when its address says which it is.
func (a asset) serve(w http.ResponseWriter, r *http.Request, forGood bool) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-cache")
	if forGood {
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
