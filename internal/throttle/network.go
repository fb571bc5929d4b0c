package throttle

import (
	"net/netip"
	"strings"
)

// Terminal begins the text that stands for a terminal in the library instead of
// a network address: the operator gave it its name.
const Terminal = "kiosk/"

// Network is what counts as one network address when slowing down: an IPv4
// address, or the /64 that an IPv6 address lies in. A single IPv6 customer has
// 2^64 addresses or more, so counting them one by one counts nothing. The text
// may carry a port or a zone; one that holds no address is "unknown", and all
// of these share a count. A Terminal is one by itself.
func Network(address string) string {
	if strings.HasPrefix(address, Terminal) {
		return address
	}
	addr, err := netip.ParseAddr(address)
	if err != nil {
		withPort, err := netip.ParseAddrPort(address)
		if err != nil {
			return "unknown"
		}
		addr = withPort.Addr()
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	const customer = 64 // bits that a provider hands to one customer at least
	net, err := addr.Prefix(customer)
	if err != nil {
		return "unknown"
	}
	return net.Addr().String()
}
