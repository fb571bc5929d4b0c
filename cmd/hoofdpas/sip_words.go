package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"hoofdpas/internal/sip2"
)

// part is one fixed field of an answer. A nil read shows it as it is.
type part struct {
	name  string
	width int
	read  func(string) string
}

// layout is what an answer is called and which fixed fields it has.
type layout struct {
	name  string
	parts []part
}

func layouts() map[string]layout {
	date := part{"date", 18, moment}
	language := part{"language", 3, named(map[string]string{"000": "not said", "001": "English", "005": "Dutch"})}
	patron := part{"patron status", 14, barriers}
	done := part{"done", 1, yesNo}
	all := map[string]layout{
		sip2.LoggedIn: {"log-in", []part{{"let in", 1, yesNo}}},
		sip2.ACSStatus: {"status of the server", []part{
			{"on line", 1, yesNo},
			{"takes items back", 1, yesNo},
			{"lends items", 1, yesNo},
			{"renews", 1, yesNo},
			{"takes updates", 1, yesNo},
			{"works off line", 1, yesNo},
			{"time-out", 3, tenths},
			{"retries", 3, nil},
			date,
			{"version", 4, nil},
		}},
		sip2.PatronStatusAnswer: {"patron status", []part{patron, language, date}},
		sip2.PatronInformationAnswer: {"patron information", []part{
			patron, language, date,
			{"holds", 4, count},
			{"overdue", 4, count},
			{"charged", 4, count},
			{"fines", 4, count},
			{"recalls", 4, count},
			{"unavailable holds", 4, count},
		}},
		sip2.ItemInformationAnswer: {"item", []part{
			{"circulation status", 2, named(map[string]string{
				"01": "other", "02": "on order", "03": "available", "04": "charged", "05": "charged, not to be recalled yet", "06": "in process",
				"07": "recalled", "08": "on the hold shelf", "09": "waiting to be reshelved", "10": "in transit", "11": "claimed returned",
				"12": "lost", "13": "missing",
			})},
			{"security marker", 2, nil},
			{"fee type", 2, nil},
			date,
		}},
		sip2.RenewAnswer:      {"renewal", []part{done, {"renewed", 1, yesNo}, {"magnetic", 1, yesNo}, {"desensitize", 1, yesNo}, date}},
		sip2.RenewAllAnswer:   {"renewal of all", []part{done, {"renewed", 4, count}, {"not renewed", 4, count}, date}},
		sip2.FeePaidAnswer:    {"fee paid", []part{{"accepted", 1, yesNo}, date}},
		sip2.EndSessionAnswer: {"end of the session", []part{{"ended", 1, yesNo}, date}},
		sip2.SCResend:         {"the server asks to send that again: it did not understand it, or will not answer it", nil},
	}
	return all
}

// fieldName is what a variable field is.
func fieldName(id string) string {
	return map[string]string{
		"AA": "patron", "AB": "item", "AE": "name", "AF": "on the screen", "AG": "on the printer", "AH": "due", "AJ": "title", "AM": "library",
		"AN": "terminal", "AO": "institution", "AP": "where it is", "AQ": "where it belongs", "AS": "hold", "AT": "overdue", "AU": "charged",
		"AV": "fine", "BD": "address", "BE": "e-mail", "BF": "phone", "BG": "owner", "BH": "currency", "BK": "transaction", "BL": "valid patron",
		"BM": "renewed", "BN": "not renewed", "BT": "fee type", "BU": "recall", "BV": "amount", "BX": "takes", "BZ": "hold limit",
		"CA": "overdue limit", "CB": "charged limit", "CC": "fee limit", "CD": "unavailable hold", "CF": "waiting for it", "CG": "fee, for --fee",
		"CH": "properties", "CJ": "recall date", "CK": "media type", "CM": "hold pickup date", "CQ": "valid password", "FA": "amount of that fee",
		"PB": "birth date", "PC": "patron class",
	}[id]
}

// explain prints an answer in words.
func explain(out io.Writer, m sip2.Message) {
	l := layouts()[m.Code]
	fmt.Fprintf(out, "\n%s %s\n", m.Code, l.name)
	rest := m.Fixed
	for _, p := range l.parts {
		if len(rest) < p.width {
			break
		}
		text := rest[:p.width]
		rest = rest[p.width:]
		if p.read != nil {
			text = p.read(text)
		}
		fmt.Fprintf(out, "     %-20s %s\n", p.name, text)
	}
	for _, f := range m.Fields {
		value := strings.Map(sign, f.Value)
		switch f.ID {
		case "BX":
			value = takes(value)
		case "BL", "CQ":
			value = yesNo(value)
		case "AH":
			value = moment(value)
		}
		fmt.Fprintf(out, "  %s %-20s %s\n", f.ID, fieldName(f.ID), value)
	}
}

func yesNo(text string) string {
	return named(map[string]string{"Y": "yes", "1": "yes", "N": "no", "0": "no", " ": "no", "U": "unknown"})(text)
}

// named puts a code into words, and shows one that has none as it is.
func named(words map[string]string) func(string) string {
	return func(code string) string {
		if word, ok := words[code]; ok {
			return word
		}
		return code
	}
}

func count(text string) string {
	if strings.TrimSpace(text) == "" {
		return "not told"
	}
	if text = strings.TrimLeft(text, "0"); text == "" {
		return "0"
	}
	return text
}

func tenths(text string) string { return count(text) + " tenths of a second" }

// moment is a date with its time; what is none is shown as it is.
func moment(text string) string {
	t, ok := sip2.ParseStamp(text, time.UTC)
	if !ok {
		return text
	}
	zone := "local time"
	if strings.Contains(text, "Z") {
		zone = "UTC"
	}
	return t.Format(time.DateTime) + " " + zone
}

// barriers says what stands against a patron.
func barriers(text string) string {
	return chosen(text, "nothing stands against it",
		"may not borrow", "may not renew", "may not recall", "may not place holds", "card is lost", "too many borrowed", "too many overdue",
		"too many renewals", "too many claims of return", "too many lost", "fines too high", "fees too high", "a recall is overdue", "too many billed")
}

// takes says which messages a server takes (BX).
func takes(text string) string {
	return chosen(text, "nothing",
		"23 patron status", "11 checkout", "09 checkin", "01 block", "99 status", "97 resend", "93 log-in", "63 patron information",
		"35 end session", "37 fee paid", "17 item", "19 item status update", "25 patron enable", "15 hold", "29 renew", "65 renew all")
}

// chosen are the words at whose position there is a Y.
func chosen(text, none string, words ...string) string {
	var all []string
	for i, word := range words {
		if i < len(text) && text[i] == 'Y' {
			all = append(all, word)
		}
	}
	if len(all) == 0 {
		return none
	}
	return strings.Join(all, ", ")
}
