package throttle

import (
	"net/netip"
)

// Network is what counts as one network address when slowing down: an IPv4
// address, or the /64 that an IPv6 address lies in. A single IPv6 customer has
// 2^64 addresses or more, so counting them one by one counts nothing. The text
// may carry a port or a zone; one that holds no address is "unknown", and all
// of these share a count.
func Network(address string) string {
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
