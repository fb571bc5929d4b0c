package kiosk

import (
	"cmp"
	"strings"

	"hoofdpas/internal/problem"
	"hoofdpas/internal/sip2"
	"hoofdpas/internal/text"
)

// speak keeps the language that a visit asks for: that of the last message that has
// a place for it.
func (s *session) speak(language string) {
	switch language {
	case sip2.English:
		s.language = text.English
	case sip2.Dutch:
		s.language = text.Dutch
	default:
		s.language = ""
	}
}

func (s *session) words() *text.Printer {
	return s.o.Texts.In(cmp.Or(s.language, text.Language(s.o.Language)))
}

// sentences are the problems of an error as a terminal shows them.
func (s *session) sentences(err error) (lines []string) {
	p := s.words()
	for _, q := range problem.Of(err) {
		// What a page says may make no sense before a machine with a coin slot.
		here := *q
		here.Reason = "kiosk.on." + q.Reason
		if p.Has("problem." + string(here.Reason)) {
			q = &here
		}
		lines = append(lines, screen(p.Problem(q)))
	}
	return lines
}

// refuse answers that it was not done, and why. What is no problem of the person's
// has no answer.
func (s *session) refuse(request sip2.Message, err error) (sip2.Message, error) {
	if len(problem.Of(err)) == 0 {
		return sip2.Message{}, err
	}
	answer, _ := sip2.Refusal(request, s.date(), s.o.Institution, s.sentences(err)...)
	return answer, err
}

// widest is the longest message for a screen, in characters.
const widest = 160

// screen writes what every terminal can show: no signs beyond letters, which most
// character sets of terminals lack, and no more than fits.
func screen(sentence string) string { return shorten(plain(sentence), widest) }

func plain(sentence string) string {
	return strings.NewReplacer(
		"€", "EUR", "\u00a0", " ", "“", `"`, "”", `"`, "‘", "'", "’", "'", "–", "-", "…", "...",
	).Replace(sentence)
}

// shorten cuts at the end of a word.
func shorten(sentence string, width int) string {
	letters := []rune(sentence)
	if len(letters) <= width {
		return sentence
	}
	const dots = "..."
	cut := string(letters[:max(width-len(dots), 0)])
	if at := strings.LastIndexByte(cut, ' '); at > 0 {
		cut = cut[:at]
	}
	return strings.TrimRight(cut, " .,:;") + dots
}

// firstName is how a card is named where others may look on: "Sem" for "Sem de
// Vries" and for "Vries, Sem de".
func firstName(name string) string {
	if _, given, ok := strings.Cut(name, ","); ok && strings.TrimSpace(given) != "" {
		name = given
	}
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}
