package kohatest

import (
	"encoding/json"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hoofdpas/internal/money"
)

// object is a JSON object; its names come out in alphabetical order, as Koha's.
type object map[string]any

// Micros is an amount in millionths, as Koha keeps six decimals.
type Micros int64

// Cents makes Micros of cents.
func Cents(c money.Cents) Micros { return Micros(c) * 10_000 }

// MarshalJSON writes the amount as Koha does: a number without trailing zeros.
func (m Micros) MarshalJSON() ([]byte, error) {
	text := strconv.FormatInt(int64(m)/1_000_000, 10)
	rest := int64(m) % 1_000_000
	if rest < 0 {
		rest = -rest
		if m > -1_000_000 {
			text = "-" + text
		}
	}
	if rest > 0 {
		digits := strconv.FormatInt(1_000_000+rest, 10)[1:]
		text += "." + strings.TrimRight(digits, "0")
	}
	return []byte(text), nil
}

// readMicros reads a number, or text with one in it, as Koha does.
func readMicros(said json.RawMessage) (Micros, bool) {
	exact, ok := new(big.Rat).SetString(strings.Trim(string(said), `"`))
	if !ok {
		return 0, false
	}
	kept, _ := new(big.Rat).SetString(exact.FloatString(6))
	kept.Mul(kept, big.NewRat(1_000_000, 1))
	return Micros(kept.Num().Int64()), kept.IsInt()
}

// orNull is null for what is empty.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// instant is a time as Koha writes it: with the offset of that day.
func (s *Server) instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.In(s.options.Zone).Format(time.RFC3339)
}

// The content types, which differ by who answers.
const (
	fromAPI  = "application/json;charset=UTF-8"
	fromAuth = "application/json; charset=utf8"
)

func answer(w http.ResponseWriter, status int, body any) { answerAs(w, fromAPI, status, body) }

func answerAs(w http.ResponseWriter, kind string, status int, body any) {
	said, err := json.Marshal(body)
	if err != nil {
		panic(err) // a test's own
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(said) // the client went away
}

func complain(w http.ResponseWriter, status int, text string) {
	answer(w, status, object{"error": text})
}

// malformed is an answer about a part of the request that is not as described.
func malformed(w http.ResponseWriter, message, path string) {
	answer(w, http.StatusBadRequest, object{"errors": []object{{"message": message, "path": path}}, "status": http.StatusBadRequest})
}

// nowhere is the answer to a call that there is not.
func nowhere(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusNotFound, object{"errors": []object{{"message": "Not found.", "path": "/"}}, "status": http.StatusNotFound})
}

// unruled is the answer where 19.06 wants to say 400 and has not described it.
func unruled(w http.ResponseWriter) {
	answer(w, http.StatusInternalServerError, object{
		"errors": []object{{"message": "No responses rules defined for status 400.", "path": "/"}}, "status": http.StatusInternalServerError,
	})
}
