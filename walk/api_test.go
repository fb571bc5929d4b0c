package walk

import "testing"

// TestThePageForAppMakers looks at the page that describes the interface for apps as
// TestEveryPage does at the members'.
func TestThePageForAppMakers(t *testing.T) {
	t.Parallel()
	s := tell(t)
	p := s.Visitor(desktop)
	p.Open("/api/")
	p.isGood("en")
}
