package ui

import (
	"strconv"

	"github.com/a-h/templ"
)

// current marks a link to the page that the reader is on.
func current(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}

func (f Field) asPassword() Field {
	f.Type, f.Value = "password", ""
	return f
}

func (f Field) inputType() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// attributes are those that most fields do not have. Names and numbers are no
// prose: no phone should correct or capitalise them.
func (f Field) attributes() templ.Attributes {
	a := templ.Attributes{"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}
	set := func(name, value string) {
		if value != "" {
			a[name] = value
		}
	}
	set("autocomplete", f.Autocomplete)
	set("inputmode", f.InputMode)
	set("aria-describedby", described(f.Name, f.Hint, f.Errors))
	if f.MaxLength > 0 {
		set("maxlength", strconv.Itoa(f.MaxLength))
	}
	if len(f.Errors) > 0 {
		set("aria-invalid", "true")
	}
	if f.Focus {
		a["autofocus"] = true
	}
	return a
}

// token is an autocomplete token for a part of a date: a browser may fill in
// the reader's own birth date, but not somebody else's.
func (d Date) token(birth string) string {
	if d.Birth {
		return birth
	}
	return "off"
}

func optionID(name string, i int) string {
	if i == 0 {
		return FieldID(name) + "-0"
	}
	return FieldID(name) + "-" + strconv.Itoa(i)
}

// column is the column of a cell; a row with too many cells is a mistake that
// the eye sees, not a panic.
func (t Table) column(i int) Column {
	if i < len(t.Columns) {
		return t.Columns[i]
	}
	return Column{}
}

func (c Column) visible() string {
	if c.Quiet {
		return ""
	}
	return c.Label
}

// renew is the loan's button, which says by itself what it is about.
func (l Loan) renew() Post {
	p := *l.Renew
	if p.Button.DescribedBy == "" {
		p.Button.DescribedBy = l.TitleID()
	}
	return p
}

// description names what belongs to a choice's check box.
func (c Choice) description() templ.Attributes {
	ids := c.ID + "-bedrag"
	if len(c.Facts) > 0 || c.Note != "" {
		ids += " " + c.ID + "-meer"
	}
	return templ.Attributes{"aria-describedby": ids}
}
