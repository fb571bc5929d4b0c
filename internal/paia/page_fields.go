package paia

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schema is as much of a schema as the page shows.
type schema struct {
	Ref               string `json:"$ref"`
	Type, Description string
	Required          []string
	Properties        map[string]schema
	Items             *schema
	OneOf             []schema
	Enum              []any
}

// field is a field of what is sent or answered. One of an object in a list is named
// as PAIA does: doc.item.
type field struct {
	Name, Type, Description string
	Needed                  bool
}

// fields lists the fields of an object, the needed ones first. Of several schemas the
// first is what is answered when all is well.
func (d description) fields(s schema, of string) []field {
	s = d.resolved(s)
	names := slices.Clone(s.Required)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(s.Required, name) {
			names = append(names, name)
		}
	}
	var all []field
	for _, name := range names {
		p := d.resolved(s.Properties[name])
		f := field{Name: of + name, Type: p.Type, Description: p.Description, Needed: slices.Contains(s.Required, name)}
		in := p
		if p.Items != nil {
			in = d.resolved(*p.Items)
			f.Type = "list of " + in.Type + "s"
		}
		if len(in.Enum) > 0 {
			f.Description = strings.TrimSpace(f.Description + " One of: " + listed(in.Enum) + ".")
		}
		all = append(append(all, f), d.fields(in, f.Name+".")...)
	}
	return all
}

// resolved follows references.
func (d description) resolved(s schema) schema {
	if len(s.OneOf) > 0 {
		s = s.OneOf[0]
	}
	if name, refers := strings.CutPrefix(s.Ref, "#/components/schemas/"); refers {
		return d.Components.Schemas[name]
	}
	return s
}

func listed(all []any) string {
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}
