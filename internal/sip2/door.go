package sip2

import (
	"net"
	"net/netip"
	"sync"
)

// door counts who is inside, in all and from each address, so that nobody takes
// every place.
type door struct {
	most, mostFrom int
	mu             sync.Mutex
	inside         int
	from           map[string]int
	told           map[string]bool // addresses whose being turned away stands in the log
}

func newDoor(most, mostFrom int) *door {
	if most <= 0 {
		most = defaultConnections
	}
	if mostFrom <= 0 {
		mostFrom = most
	}
	return &door{most: most, mostFrom: mostFrom, from: map[string]int{}, told: map[string]bool{}}
}

// enter lets one more in, or not; tell asks to write that into the log, which is
// done once until somebody leaves.
func (d *door) enter(address string) (in, tell bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside < d.most && d.from[address] < d.mostFrom {
		d.inside++
		d.from[address]++
		return true, false
	}
	const remembered = 1000
	if d.told[address] || len(d.told) == remembered {
		return false, false
	}
	d.told[address] = true
	return false, true
}

func (d *door) leave(address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
	if d.from[address]--; d.from[address] == 0 {
		delete(d.from, address)
	}
	clear(d.told)
}

// addressOf is what counts as one address: an IPv4 address, or the /64 that an IPv6
// address lies in, of which one customer has 2^64.
func addressOf(a net.Addr) string {
	withPort, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return a.String()
	}
	const customer = 64 // bits
	address := withPort.Addr().Unmap().WithZone("")
	if net, err := address.Prefix(customer); err == nil && address.Is6() {
		return net.String()
	}
	return address.String()
}
