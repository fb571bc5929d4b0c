package ui

import "github.com/a-h/templ"

// Tab is one of the names beside "Mijzelf".
type Tab struct {
	Href  string
	Label string // the accessible name, exactly
	// Who makes the initials; nil for a tab that is nobody's.
	Who     *Who
	Current bool
	// Note is small print under the label, such as an amount. It describes the
	// tab and is no part of its name.
	Note string
}

// Heading begins a section.
type Heading struct {
	Title string
	ID    string // for links and aria-labelledby; "" for none
	Lead  string // a sentence under it
}

// Item is one row of a menu.
type Item struct{ Href, Label, Hint string }

// Due is a date on which something must go back, in words.
type Due struct {
	Away string // "over 3 dagen", "2 dagen te laat"; the largest thing
	Day  string // "vrijdag 27 november"
	ISO  string // "2026-11-27"
	Late bool
	Soon bool
}

// Loan is one thing that somebody has borrowed.
type Loan struct {
	// ID is unique on the page; the title's id is made from it.
	ID    string
	Due   Due
	Title string
	// Href, if any, makes the title a link.
	Href string
	// Facts are small print, such as how often it was renewed.
	Facts []string
	// Who has it; nil where that goes without saying.
	Who *Who
	// Problems say why something just now did not work, each a sentence.
	Problems []string
	// Renew is the button; nil for none.
	Renew *Post
}

// TitleID is the id of the loan's title, for aria-describedby.
func (l Loan) TitleID() string { return "titel-" + l.ID }

// Choice is a row with a check box, such as something to pay.
type Choice struct {
	// ID is unique on the page.
	ID, Name, Value string
	// Label is the box's accessible name; Facts are small print below it.
	Label  string
	Facts  []string
	Amount string
	// Note says why the row cannot be chosen, or what else is with it.
	Note              string
	Checked, Disabled bool
}

// Fact is a word and what it stands for.
type Fact struct{ Label, Value string }

// Column is a column of a table.
type Column struct {
	Label string
	// Number aligns the column to the right.
	Number bool
	// Quiet hides the label from the eye, as over a column of buttons.
	Quiet bool
}

// Table is a dense table. On a phone each row becomes a block in which every
// cell has its column's label.
type Table struct {
	Caption string
	// QuietCaption hides the caption from the eye, under a heading that says
	// the same.
	QuietCaption bool
	Columns      []Column
	Rows         [][]templ.Component // as many cells as there are columns
	// Foot is the last row, such as a total; nil for none.
	Foot []templ.Component
}

// Line is one line of a receipt.
type Line struct{ Label, Note, Amount string }

// ReceiptGroup is the lines of one person on a receipt.
type ReceiptGroup struct {
	Title string
	Lines []Line
}

// Slip is a receipt, made to be printed.
type Slip struct {
	Library, Title    string
	Facts             []Fact
	Groups            []ReceiptGroup
	TotalLabel, Total string
	// After is what follows the total, such as what was paid back.
	After []Line
	// Closing is a last sentence, such as a thank you.
	Closing string
}

// Entry is one line of a log.
type Entry struct {
	When, ISO string // as read, and as a machine reads it
	Text      string
	By        string // small print
}
