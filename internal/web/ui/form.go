package ui

// Fault is one thing to correct in a form. Field is the field's name, "" for
// what is about the form as a whole.
type Fault struct{ Field, Text string }

// Field is a field for a line of text.
type Field struct {
	Name, Label string
	// Value is what was typed; a password's is never shown again.
	Value string
	// Hint says in a few words what is meant.
	Hint   string
	Errors []string
	// Type is the input's type; "" is text.
	Type string
	// Autocomplete is one of HTML's tokens: username, current-password,
	// new-password, off.
	Autocomplete string
	// InputMode picks the keyboard of a phone: numeric, email.
	InputMode string
	// Focus puts the cursor here when the page opens.
	Focus bool
	// Short is for a field of a few characters.
	Short bool
	// MaxLength bounds what can be typed, in characters; 0 for no bound.
	MaxLength int
}

// DatePart is one of the three fields of a date.
type DatePart struct{ Name, Label, Value string }

// Date is a date typed as day, month and year. Name is what faults about the
// whole date have as their field.
type Date struct {
	Name, Legend, Hint string
	Day, Month, Year   DatePart
	Errors             []string
	// Birth tells the browser that it is the reader's own date of birth.
	Birth bool
}

// Option is one radio button or check box.
type Option struct {
	Value, Label, Hint string
	Checked, Disabled  bool
}

// Options is a group of radio buttons or check boxes with one name.
type Options struct {
	Name, Legend, Hint string
	Options            []Option
	Errors             []string
}

// Press is a button.
type Press struct {
	Label   string
	Variant Variant
	// Name and Value are sent when this button is the one that was pressed.
	Name, Value string
	// DescribedBy is the id of what the button is about, such as a title: the
	// button's own name stays the bare verb.
	DescribedBy string
	// Wide fills the line on a phone.
	Wide bool
}

// Hidden is a field that the reader does not see.
type Hidden struct{ Name, Value string }

// Post is a form that posts. CSRF is the token of the request (Request.Token).
type Post struct {
	Action, CSRF string
	Hidden       []Hidden
	// Button is the only button, for ButtonForm.
	Button Press
	// Label is the accessible name of the form, for a page with several.
	Label string
}

// invalid holds for a field with errors.
func invalid(errors []string) string {
	if len(errors) > 0 {
		return "true"
	}
	return "false"
}
