package kohatest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// fits reports whether an object is asked for.
type fits func(object) bool

// readQuery reads the query of q, as SQL::Abstract has it: names with a value, a
// list of values or {"-like": ...}, and -and and -or. A list of queries is or.
func readQuery(text string) (fits, bool) {
	var said any
	if json.Unmarshal([]byte(text), &said) != nil {
		return nil, false
	}
	return understand(said)
}

func understand(said any) (fits, bool) {
	switch q := said.(type) {
	case []any:
		return several(q, false)
	case map[string]any:
		var all []fits
		for name, want := range q {
			f, ok := term(name, want)
			if !ok {
				return nil, false
			}
			all = append(all, f)
		}
		return func(o object) bool {
			for _, f := range all {
				if !f(o) {
					return false
				}
			}
			return true
		}, true
	}
	return nil, false
}

func several(parts []any, and bool) (fits, bool) {
	var all []fits
	for _, part := range parts {
		f, ok := understand(part)
		if !ok {
			return nil, false
		}
		all = append(all, f)
	}
	return func(o object) bool {
		for _, f := range all {
			if f(o) != and {
				return !and
			}
		}
		return and
	}, true
}

func term(name string, want any) (fits, bool) {
	parts, isList := want.([]any)
	switch {
	case name == "-and" && isList:
		return several(parts, true)
	case name == "-or" && isList:
		return several(parts, false)
	case strings.HasPrefix(name, "-"):
		return nil, false
	}
	name = strings.TrimPrefix(name, "me.")
	if like, ok := want.(map[string]any); ok {
		pattern, ok := like["-like"].(string)
		return func(o object) bool { return o[name] != nil && isLike(fmt.Sprint(o[name]), pattern) }, ok
	}
	if !isList {
		parts = []any{want}
	}
	return func(o object) bool {
		for _, p := range parts {
			if o[name] != nil && strings.EqualFold(fmt.Sprint(o[name]), fmt.Sprint(p)) {
				return true
			}
		}
		return false
	}, true
}

// isLike is SQL's LIKE without regard to case.
func isLike(text, pattern string) bool {
	var b strings.Builder
	for _, r := range pattern {
		switch r {
		case '%':
			b.WriteString(".*")
		case '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	found, err := regexp.MatchString("(?is)^"+b.String()+"$", text)
	return err == nil && found
}
