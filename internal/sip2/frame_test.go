package sip2

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hoofdpas/internal/sip2/sip2test"
)

func recordings(t testing.TB) map[string][]sip2test.Turn {
	t.Helper()
	files, err := filepath.Glob("testdata/koha/*.txt")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	all := map[string][]sip2test.Turn{}
	for _, f := range files {
		all[filepath.Base(f)] = sip2test.Read(t, f)
	}
	return all
}

// What can be read is written again byte for byte; what cannot is what the
// recording says of it.
func TestWhatAKohaWasSentAndAnsweredIsReadAndWrittenExactly(t *testing.T) {
	t.Parallel()
	broken := map[string]error{
		"2300120261124    124418AOCPL|AA20001|AC|ADanna1234|AY5AZFFFF": ErrChecksum,
		"ZZhello":       ErrMalformed,
		"":              ErrMalformed,
		"2300120261124": ErrMalformed,
	}
	read := 0
	for file, turns := range recordings(t) {
		for _, turn := range turns {
			for _, raw := range [][]byte{turn.Sent, turn.Got} {
				if raw == nil {
					continue
				}
				line := bytes.TrimRight(raw, "\r\n")
				f, err := Decode(line, Charset{})
				if want := broken[string(line)]; want != nil {
					if !errors.Is(err, want) {
						t.Errorf("%s: %q: got %v, want %v", file, line, err, want)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: %q: %v", file, line, err)
					continue
				}
				read++
				if again := Encode(f, Charset{}); !bytes.Equal(again, line) {
					t.Errorf("%s: read\n%q, wrote\n%q", file, line, again)
				}
			}
		}
	}
	if read < 200 {
		t.Errorf("read only %d messages", read)
	}
}

func TestABarInAValueArrivesAsABar(t *testing.T) {
	t.Parallel()
	for _, turn := range recordings(t)["sip-02-patron-status.txt"] {
		if !strings.Contains(string(turn.Got), "Stardust") {
			continue
		}
		f, err := Decode(bytes.TrimRight(turn.Got, "\r\n"), Charset{})
		if want := `Åke "Ziggy" | Stardust Ångström`; err != nil || f.Get("AE") != want {
			t.Errorf("got %q, %v", f.Get("AE"), err)
		}
		return
	}
	t.Error("it is not in the recording")
}

func TestChecksumsAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	// The standard's own example.
	const example = "09N20160419    12200820160419    122008APReading Room 1|AO830|AB830$28170815|AC|AY2AZ"
	if got := Checksum([]byte(example)); got != 0xEB80 {
		t.Errorf("got %04X", got)
	}
	for _, known := range []Frame{
		{Message: Message{Code: SCResend}, Checked: true},
		{Message: Message{Code: ACSResend}, Checked: true},
	} {
		got := string(Encode(known, Charset{}))
		if got != "96AZFEF6" && got != "97AZFEF5" {
			t.Errorf("got %s", got)
		}
	}
}

func TestAChecksumOverLettersIsTaken(t *testing.T) {
	t.Parallel()
	raw := "36Y20261124    124430AFDe “Émile” staat klaar|AY1AZ"
	var sum uint16
	for _, r := range raw {
		sum += uint16(r)
	}
	for checksum, want := range map[uint16]bool{-sum: true, Checksum([]byte(raw)): true, -sum + 1: false} {
		_, err := Decode(fmt.Appendf(nil, "%s%04X", raw, checksum), Charset{})
		if (err == nil) != want {
			t.Errorf("%04X: got %v", checksum, err)
		}
	}
}

func TestWhatIsNoUTF8IsReadAsLatin1(t *testing.T) {
	t.Parallel()
	f, err := Decode([]byte("36Y20261124    124430AFcaf\xe9|AG\xc3\xa9|"), Charset{})
	if err != nil || f.Get("AF") != "café" || f.Get("AG") != "é" {
		t.Errorf("got %q, %q, %v", f.Get("AF"), f.Get("AG"), err)
	}
}

func TestAPasswordIsNotAtTheEnd(t *testing.T) {
	t.Parallel()
	password := "geheim!"
	raw := string(Encode(Frame{Message: PatronInformationRequest{Patron: Patron{ID: "1", Password: &password}}.Message()}, Charset{}))
	if !strings.HasSuffix(raw, "|ADgeheim!|AC|") {
		t.Errorf("got %q", raw)
	}
}

func TestFieldsMayComeTwiceInAnyOrderAndUnknown(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]Field{
		"38Y20261124    124434AF2|AA1|AF3|":      {{"AF", "2"}, {"AA", "1"}, {"AF", "3"}},
		"38Y20261124    124434AA1|ZZ?|Q1x|":      {{"AA", "1"}, {"ZZ", "?"}, {"Q1", "x"}},
		"38Y20261124    124434AA1":               {{"AA", "1"}},
		"38Y20261124    124434||AA1|||":          {{"AA", "1"}},
		"38Y20261124    124434AA|A|x|AFAZ12|":    {{"AA", ""}, {"AF", "AZ12"}},
		"38Y20261124    124434AF<b>no</b>|AFAY3": {{"AF", "<b>no</b>"}, {"AF", "AY3"}},
	} {
		f, err := Decode([]byte(line), Charset{})
		if err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if diff := cmp.Diff(want, f.Fields); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	}
}

func TestLinesMayEndInAnyWay(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\r", "\n", "\r\n", "\r\n\r\n", "\n\r"} {
		r := NewReader(strings.NewReader(strings.Repeat("941"+end, 3)), Charset{}, maxAnswer)
		for range 3 {
			if f, err := r.Read(); err != nil || f.Code != LoggedIn {
				t.Errorf("%q: got %v, %v", end, f, err)
			}
		}
		if _, err := r.Read(); err == nil {
			t.Errorf("%q: read more than there was", end)
		}
	}
}

func TestALineHasABound(t *testing.T) {
	t.Parallel()
	r := NewReader(strings.NewReader("941"+strings.Repeat("AFx|", 1000)+"\r"), Charset{}, 1000)
	if _, err := r.Read(); !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v", err)
	}
	many := "94" + "1" + strings.Repeat("AF|", maxFields+1)
	if _, err := Decode([]byte(many), Charset{}); !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v", err)
	}
}

func TestLettersOfEachCharacterSet(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{"utf-8": "\xc3\x85ke \xc3\xa9", "latin-1": "\xc5ke \xe9", "cp850": "\x8fke \x82"} {
		c, err := ParseCharset(name)
		if err != nil {
			t.Fatal(err)
		}
		line := "24" + strings.Repeat(" ", 14) + "00120261124    124434AE" + raw + "|"
		f, err := Decode([]byte(line), c)
		if err != nil || f.Get("AE") != "Åke é" {
			t.Errorf("%s: got %q, %v", name, f.Get("AE"), err)
		}
		f.Checked, f.Seq = true, '4'
		back, err := Decode(Encode(f, c), c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(f, back); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if !c.has("Åke é") {
			t.Errorf("%s has no Åke é", name)
		}
	}
	latin, err := ParseCharset("latin-1")
	if err != nil {
		t.Fatal(err)
	}
	if string(latin.encode("ṭ €")) != "? ?" || latin.has("€") {
		t.Error("what is not in the set is not a question mark")
	}
	if _, err := ParseCharset("ebcdic"); !errors.Is(err, ErrCharset) {
		t.Errorf("got %v", err)
	}
}

// Whatever is in the values, the frame comes back as it was sent, but for what
// cannot stand in a value.
func TestAFrameComesBackAsItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := Frame{Checked: rapid.Bool().Draw(t, "checked")}
		f.Code = rapid.SampledFrom([]string{LogIn, RenewAnswer, PatronInformation, SCResend}).Draw(t, "code")
		f.Fixed = rapid.StringMatching(`[ -~]{59}`).Draw(t, "fixed")[:widths[f.Code]]
		if f.Checked && f.Code != SCResend && rapid.Bool().Draw(t, "numbered") {
			f.Seq = '0' + byte(rapid.IntRange(0, 9).Draw(t, "seq")) //nolint:gosec // one digit
		}
		for range rapid.IntRange(0, 8).Draw(t, "fields") {
			f.Fields = append(f.Fields, Field{
				ID: rapid.StringMatching(`[A-Z][A-Z]`).Draw(t, "id"), Value: clean(rapid.String().Draw(t, "value")),
			})
		}
		if f.Fields == nil && strings.Contains(f.Fixed, "|") {
			f.Fixed = strings.ReplaceAll(f.Fixed, "|", " ")
		}
		want := f
		want.Fields = nil
		for _, x := range f.Fields {
			want.Fields = append(want.Fields, Field{x.ID, strings.ReplaceAll(strings.ToValidUTF8(x.Value, "?"), pipe, "|")})
		}
		got, err := Decode(Encode(f, Charset{}), Charset{})
		if err != nil && !f.Checked && errors.Is(err, ErrChecksum) {
			t.Skip("its end looks like a checksum")
		}
		if err != nil {
			t.Fatal(err)
		}
		if !f.Checked && got.Checked {
			t.Skip("its end looks like a checksum")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
