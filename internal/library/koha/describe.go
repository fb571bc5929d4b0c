package koha

import (
	"encoding/json"
	"strings"
)

// description is Koha's own description of its API (Swagger 2.0), of which only
// the calls that are used are looked at. It may say things elsewhere in itself
// and refer to them.
type description struct {
	whole map[string]json.RawMessage
	paths map[string]json.RawMessage // by bareRoute
}

// operation is a call in it.
type operation struct {
	Parameters []describedParameter
	// Embeds is what may come with the answer, as versions before 22.11 tell it;
	// later ones describe the header.
	Embeds []string
}

type describedParameter struct {
	Name  string `json:"name"`
	Items struct {
		Enum []string `json:"enum"`
	} `json:"items"`
	Schema struct {
		Properties map[string]json.RawMessage `json:"properties"`
	} `json:"schema"`
}

func described(whole map[string]json.RawMessage) description {
	d := description{whole: whole, paths: map[string]json.RawMessage{}}
	for path, said := range object(whole["paths"]) {
		d.paths[bareRoute(path)] = said
	}
	return d
}

// bareRoute leaves out what a parameter is called, which is no part of a call.
func bareRoute(path string) string { return parameter.ReplaceAllString(path, "{}") }

// object reads an object, or nothing when it is none.
func object(said json.RawMessage) map[string]json.RawMessage {
	var o map[string]json.RawMessage
	if json.Unmarshal(said, &o) != nil {
		return nil
	}
	return o
}

// mostRefs bounds how far is gone from one reference to the next.
const mostRefs = 5

// resolved is what is said, or what it refers to.
func (d description) resolved(said json.RawMessage) map[string]json.RawMessage {
	for range mostRefs {
		o := object(said)
		var ref string
		if json.Unmarshal(o["$ref"], &ref) != nil || ref == "" {
			return o
		}
		pointer, ok := strings.CutPrefix(ref, "#/")
		if !ok {
			return map[string]json.RawMessage{"name": last(ref)}
		}
		parts := strings.Split(pointer, "/")
		at := d.whole[unescaped(parts[0])]
		for _, part := range parts[1:] {
			at = object(at)[unescaped(part)]
		}
		if at == nil {
			return map[string]json.RawMessage{"name": last(ref)}
		}
		said = at
	}
	return nil
}

// last is the name of a parameter of which nothing more is said than what it is
// called where it is described.
func last(ref string) json.RawMessage {
	name := ref[strings.LastIndex(ref, "/")+1:]
	switch {
	case strings.HasSuffix(name, "q_param"):
		name = "q"
	case name == "match":
		name = "_match"
	}
	said, err := json.Marshal(name)
	if err != nil {
		return nil // a text always can be
	}
	return said
}

// unescaped is a part of a JSON pointer (RFC 6901).
func unescaped(part string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(part) }

// operation finds a call, "GET /patrons".
func (d description) operation(call string) (op operation, ok bool) {
	method, path, _ := strings.Cut(call, " ")
	item, ok := d.paths[bareRoute(path)]
	if !ok {
		return operation{}, false
	}
	said, ok := d.resolved(item)[strings.ToLower(method)]
	if !ok {
		return operation{}, false
	}
	o := d.resolved(said)
	_ = json.Unmarshal(o["x-koha-embed"], &op.Embeds) // what is said otherwise is not known
	var parameters []json.RawMessage
	_ = json.Unmarshal(o["parameters"], &parameters) // the same
	for _, p := range parameters {
		op.Parameters = append(op.Parameters, d.parameter(p))
	}
	return op, true
}

func (d description) parameter(said json.RawMessage) (p describedParameter) {
	o := d.resolved(said)
	_ = json.Unmarshal(o["name"], &p.Name)                                          // what is said otherwise is not known
	_ = json.Unmarshal(o["items"], &p.Items)                                        // the same
	_ = json.Unmarshal(d.resolved(o["schema"])["properties"], &p.Schema.Properties) // the same
	return p
}
