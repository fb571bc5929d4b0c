package ui

import "slices"

// Frame is everything around a page's own content.
type Frame struct {
	Lang  string // of the page, as in an HTML lang attribute
	Title string
	// LibraryName stands in the header and leads to HomeHref.
	LibraryName, HomeHref string
	SkipLabel             string
	// The language switch: the other language's own name for itself.
	SwitchLang, SwitchLabel, SwitchHref string
	// Nav is the row of links under the header, NavLabel its accessible name.
	Nav      []Link
	NavLabel string
	// HideNav leaves out what the page itself shows: the links that are for
	// wide screens only, and the sign-out button.
	HideNav bool
	// Me is who is logged in; nil for nobody.
	Me *Who
	// SignOutHref is where the sign-out button posts to; "" for no button.
	SignOutHref, SignOutLabel, CSRF string
	// Notices say what the last button did.
	Notices []Notice
	// Dense is for the desk: a wider page with less space in it.
	Dense bool
	// HouseStyle is the address of the library's own style sheet; "" for none.
	HouseStyle string
	// FooterText and FooterLinks stand at the end of the page.
	FooterText  string
	FooterLinks []Link
}

// Notice is one thing that is said at the top of a page.
type Notice struct {
	Kind Kind
	// Text is one sentence.
	Text string
	// Details follow it as a list.
	Details []string
}

// title is the document's title: the page first, for whoever has many tabs.
func (f Frame) title() string {
	switch {
	case f.Title == "":
		return f.LibraryName
	case f.LibraryName == "":
		return f.Title
	}
	return f.Title + " – " + f.LibraryName
}

// hasWide holds when a narrow screen leaves out a part of the navigation, which
// then stands on a page of its own together with the sign-out button.
func hasWide(nav []Link) bool {
	return slices.ContainsFunc(nav, func(l Link) bool { return l.Wide })
}
