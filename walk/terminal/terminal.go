// Package terminal is a kiosk, as somebody else could have made it: written from the
// tables of 3M's Standard Interchange Protocol 2.00 alone, and knowing nothing of the
// program that it asks. It takes nothing on trust: a checksum, a sequence number, a
// width or a field that is not as the tables have it is an error.
package terminal

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Terminal is connected to a library system.
type Terminal struct {
	conn net.Conn
	in   *bufio.Reader
	seq  int
}

// Answer is what a library system answered.
type Answer struct {
	Fixed  string
	Fields map[string][]string
}

// Get is the first field with the letters, or "".
func (a Answer) Get(id string) string {
	if all := a.Fields[id]; len(all) > 0 {
		return all[0]
	}
	return ""
}

// answers are the rows of the table of answers: the code, the width of the fixed
// fields and the variable fields that must be there.
var answers = map[string]struct { //nolint:gochecknoglobals // a table, never written
	code  string
	width int
	must  []string
}{
	"93": {"94", 1, nil},
	"99": {"98", 34, []string{"AO", "BX"}},
	"23": {"24", 35, []string{"AO", "AA", "AE"}},
	"63": {"64", 59, []string{"AO", "AA", "AE"}},
	"37": {"38", 19, []string{"AO", "AA"}},
	"35": {"36", 19, []string{"AO", "AA"}},
}

// patience is how long an answer is waited for.
const patience = 30 * time.Second

// Connect connects to a library system. Closing is the caller's.
func Connect(ctx context.Context, address string) (*Terminal, error) {
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &Terminal{conn: conn, in: bufio.NewReader(conn)}, nil
}

// Close ends the connection.
func (t *Terminal) Close() { _ = t.conn.Close() }

// Ask sends a request: its code, its fixed fields, and its variable fields in pairs of
// letters and value.
func (t *Terminal) Ask(code, fixed string, fields ...string) (Answer, error) {
	message := code + fixed
	for i := 0; i+1 < len(fields); i += 2 {
		message += fields[i] + fields[i+1] + "|"
	}
	seq := strconv.Itoa(t.seq)
	t.seq = (t.seq + 1) % 10
	message += "AY" + seq + "AZ"
	message += fmt.Sprintf("%04X", -total(message)&0xffff) + "\r"
	if err := t.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return Answer{}, fmt.Errorf("ask: %w", err)
	}
	if _, err := t.conn.Write([]byte(message)); err != nil {
		return Answer{}, fmt.Errorf("ask: %w", err)
	}
	line, err := t.in.ReadString('\r')
	if err != nil {
		return Answer{}, fmt.Errorf("wait for the answer to %s: %w", code, err)
	}
	a, err := read(strings.Trim(line, "\r\n"), code, seq)
	if err != nil {
		return a, fmt.Errorf("%w: %q", err, line)
	}
	return a, nil
}

// total is the sum of the bytes.
func total(text string) (sum int) {
	for i := range len(text) {
		sum += int(text[i])
	}
	return sum
}

// read takes an answer apart.
func read(line, code, seq string) (a Answer, err error) {
	row := answers[code]
	end := len(line) - len("AY0AZ0000")
	if end < len(row.code)+row.width {
		return a, fmt.Errorf("the answer to %s is too short", code)
	}
	if line[end:end+5] != "AY"+seq+"AZ" {
		return a, fmt.Errorf("the answer to %s does not end in AY%s and AZ", code, seq)
	}
	sum, err := strconv.ParseUint(line[end+5:], 16, 16)
	if err != nil || (total(line[:end+5])+int(sum))&0xffff != 0 || line[end+5:] != strings.ToUpper(line[end+5:]) {
		return a, fmt.Errorf("the checksum of the answer to %s is wrong", code)
	}
	if line[:2] != row.code {
		return a, fmt.Errorf("the answer to %s is a %s", code, line[:2])
	}
	a.Fixed, a.Fields = line[2:2+row.width], map[string][]string{}
	body, ended := strings.CutSuffix(line[2+row.width:end], "|")
	if !ended && body != "" {
		return a, fmt.Errorf("the last field of the answer to %s does not end", code)
	}
	for field := range strings.SplitSeq(body, "|") {
		if body == "" {
			break
		}
		if len(field) < 2 {
			return a, fmt.Errorf("the answer to %s has a field without letters", code)
		}
		a.Fields[field[:2]] = append(a.Fields[field[:2]], field[2:])
	}
	missing := slices.DeleteFunc(slices.Clone(row.must), func(id string) bool { return a.Fields[id] != nil })
	if len(missing) > 0 {
		return a, fmt.Errorf("the answer to %s lacks %v", code, missing)
	}
	return a, nil
}

// Now is a date and time as the standard writes it, in local time.
func Now() string { return time.Now().Format("20060102    150405") }
