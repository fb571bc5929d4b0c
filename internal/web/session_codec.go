package web

import (
	"encoding/json"
	"fmt"
	"time"
)

// codec is how a session is kept: as JSON. Each request reads one, and scs' own gob
// learns the types anew each time, which takes longer than the store.
type codec struct{}

// keptSession is a session: numbers, and what was kept for a next page.
type keptSession struct {
	Until   int64             `json:"until"` // UTC, in milliseconds
	Numbers map[string]int64  `json:"numbers,omitempty"`
	Bytes   map[string][]byte `json:"bytes,omitempty"`
}

// Encode implements scs.Codec.
func (codec) Encode(until time.Time, values map[string]any) ([]byte, error) {
	k := keptSession{Until: until.UnixMilli(), Numbers: map[string]int64{}, Bytes: map[string][]byte{}}
	for name, v := range values {
		switch v := v.(type) {
		case int64:
			k.Numbers[name] = v
		case []byte:
			k.Bytes[name] = v
		default:
			return nil, fmt.Errorf("a session keeps numbers and bytes, not %T", v)
		}
	}
	return json.Marshal(k) //nolint:wrapcheck // the caller says what it was doing
}

// Decode implements scs.Codec. What another version of the program wrote in
// another way is an empty session that is over: whoever has it logs in again.
func (codec) Decode(data []byte) (time.Time, map[string]any, error) {
	var k keptSession
	if err := json.Unmarshal(data, &k); err != nil {
		return time.UnixMilli(0).UTC(), map[string]any{}, nil //nolint:nilerr // says so above
	}
	values := make(map[string]any, len(k.Numbers)+len(k.Bytes))
	for name, n := range k.Numbers {
		values[name] = n
	}
	for name, b := range k.Bytes {
		values[name] = b
	}
	return time.UnixMilli(k.Until).UTC(), values, nil
}
