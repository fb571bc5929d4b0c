package sip2

import "strings"

// Refusal answers a request as a system does that does not serve it, now or at all:
// what is told is that it was not done. ok is false for what is no request of a
// terminal's work.
func Refusal(request Message, date, institution string, screen ...string) (answer Message, ok bool) {
	const unknown = -1
	p := patronOf(request)
	item, title := request.Get("AB"), request.Get("AJ")
	b := &builder{}
	switch request.Code {
	case PatronStatus:
		return PatronStatusReply{Language: request.Fixed[:3], Date: date, Institution: institution, Patron: p.ID, Screen: screen}.Message(), true
	case BlockPatron:
		return PatronStatusReply{Date: date, Institution: institution, Patron: p.ID, Screen: screen}.Message(), true
	case PatronInformation:
		return PatronInformationReply{
			Language: request.Fixed[:3], Date: date, Institution: institution, Patron: p.ID, List: NoList, Screen: screen,
			Counts: [lists]int{unknown, unknown, unknown, unknown, unknown, unknown},
		}.Message(), true
	case Renew:
		return RenewReply{Date: date, Institution: institution, Patron: p.ID, Item: item, Title: title, Screen: screen}.Message(), true
	case RenewAll:
		return RenewAllReply{Date: date, Institution: institution, Screen: screen}.Message(), true
	case FeePaid:
		return FeePaidReply{Date: date, Institution: institution, Patron: p.ID, Transaction: request.Get("BK"), Screen: screen}.Message(), true
	case EndSession:
		return EndSessionReply{Date: date, Institution: institution, Patron: p.ID, Screen: screen}.Message(), true
	case ItemInformation:
		return ItemInformationReply{Date: date, Item: item, Queue: unknown, Screen: screen}.Message(), true
	case CheckOut: // not ok, no renewal, unknown whether magnetic, not to be desensitised
		b = build(CheckOutAnswer, "0NUN", pad(date, stampWidth))
		b.pairs("AO", institution, "AA", p.ID, "AB", item, "AJ", title, "AH", "")
	case CheckIn: // not ok, not to be resensitised, unknown whether magnetic, no alert
		b = build(CheckInAnswer, "0NUN", pad(date, stampWidth))
		b.pairs("AO", institution, "AB", item, "AQ", "")
	case Hold: // not ok, not available
		b = build(HoldAnswer, "0N", pad(date, stampWidth))
		b.pairs("AO", institution, "AA", p.ID)
	case ItemStatusUpdate:
		b = build(ItemStatusUpdateAnswer, "0", pad(date, stampWidth))
		b.pairs("AB", item)
	case PatronEnable:
		b = build(PatronEnableAnswer, strings.Repeat(" ", int(barriers)), NoLanguage, pad(date, stampWidth))
		b.pairs("AO", institution, "AA", p.ID, "AE", "")
	default:
		return Message{}, false
	}
	b.told(screen, nil)
	return b.m, true
}
