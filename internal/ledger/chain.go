package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
)

// Hash seals a posting and all postings before it: SHA-256. The zero value is
// that of a ledger without postings.
type Hash [sha256.Size]byte

// Row is a posting in the ledger. Postings are numbered from 1 without gaps.
type Row struct {
	Posting
	No   int64
	Hash Hash
}

// Head is the last posting of a ledger, the zero value when it has none. Who
// notes it can prove later that nothing up to there was changed.
type Head struct {
	No   int64
	Hash Hash
}

// String writes the number and the hash, "1234:ab12...".
func (h Head) String() string {
	return strconv.FormatInt(h.No, 10) + ":" + hex.EncodeToString(h.Hash[:])
}

// ErrHead says that a text is not what Head.String wrote.
var ErrHead = errors.New("not a number and a hash")

// ParseHead reads what Head.String wrote.
func ParseHead(text string) (h Head, err error) {
	no, hash, _ := strings.Cut(strings.TrimSpace(text), ":")
	raw, err := hex.DecodeString(hash)
	if err != nil || len(raw) != len(h.Hash) {
		return Head{}, ErrHead
	}
	if h.No, err = strconv.ParseInt(no, 10, 64); err != nil || h.No < 0 {
		return Head{}, ErrHead
	}
	copy(h.Hash[:], raw)
	return h, nil
}

// version is the first byte of what is sealed. Another encoding gets another
// one: rows that were sealed before keep theirs.
const version = 1

// Seal returns the hash of a posting that follows the one with hash prev. It is
// over a binary encoding that has one form for each posting and no two postings
// in common: a version byte, the hash before, the number, then the fields in a
// fixed order; numbers as eight bytes, big end first, texts after their length,
// the instant in UTC milliseconds.
func Seal(prev Hash, no int64, p Posting) Hash {
	b := make([]byte, 0, 256) //nolint:mnd // room for most postings
	b = append(b, version)
	b = append(b, prev[:]...)
	b = number(b, no)
	b = text(b, string(p.From))
	b = text(b, string(p.To))
	b = number(b, int64(p.Amount))
	b = text(b, string(p.Why))
	for _, n := range []int64{p.At.UnixMilli(), p.Payment, p.Refund, p.Shift, p.Reverses} {
		b = number(b, n)
	}
	return sha256.Sum256(b)
}

func number(b []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(n)) //nolint:gosec // two's complement is meant
}

func text(b []byte, s string) []byte { return append(number(b, int64(len(s))), s...) }
