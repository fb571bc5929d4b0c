package member_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"testing"
)

// TestNinetyLoansWeighLittle: the longest list of a real library's export stays
// within what a page may weigh over the wire.
func TestNinetyLoansWeighLittle(t *testing.T) {
	t.Parallel()
	l := newLibrary()
	for i := range 90 {
		l.loan(marieke, fmt.Sprintf("%x", uint64(i+1)*0x9e3779b97f4a7c15), i%40-5) // titles that compress badly
	}
	s := open(t, l)
	b := s.enter(t, marieke)
	const most = 15 << 10
	for _, path := range []string{"/geleend", "/betalen", "/"} {
		var wire bytes.Buffer
		z := gzip.NewWriter(&wire)
		_, err := z.Write([]byte(b.Get(path).Body))
		must(t, err)
		must(t, z.Close())
		if wire.Len() > most {
			t.Errorf("%s weighs %d bytes", path, wire.Len())
		}
	}
}
