package kiosk

import (
	"context"

	"hoofdpas/internal/sip2"
)

// status answers 99 with what this terminal may ask, and what is passed on.
func (s *session) status(ctx context.Context, request sip2.Message) (sip2.Message, error) {
	said, err := sip2.ReadSCStatus(request)
	if err != nil {
		return sip2.Message{}, err //nolint:wrapcheck // says it
	}
	s.width = max(said.PrintWidth, 0)
	behind := s.behind(ctx)
	const tenths, retries = 300, 3
	return sip2.ACSStatusReply{
		Online: true, CheckIn: behind.CheckIn, CheckOut: behind.CheckOut, Renewal: s.terminal.Renew, StatusUpdate: behind.StatusUpdate,
		Timeout: tenths, Retries: retries, Date: s.date(), Institution: s.o.Institution, Library: s.o.Library,
		Supported: s.supported(behind), Terminal: s.terminal.Name,
	}.Message(), nil
}

// supported is BX: a Y or an N for each kind of message.
func (s *session) supported(behind sip2.ACSStatusReply) string {
	kinds := []byte("NNNNYYYNYNNNNNNN") // always: status, resend, log-in and the end of a visit
	set := func(may bool, of ...sip2.Kind) {
		for _, k := range of {
			if may {
				kinds[k] = 'Y'
			}
		}
	}
	set(s.terminal.Read, sip2.TakesPatronStatus, sip2.TakesPatronInformation, sip2.TakesItemInformation)
	set(s.terminal.Renew, sip2.TakesRenew, sip2.TakesRenewAll)
	set(s.terminal.Pay, sip2.TakesFeePaid)
	for _, k := range []sip2.Kind{
		sip2.TakesCheckOut, sip2.TakesCheckIn, sip2.TakesBlockPatron, sip2.TakesItemInformation,
		sip2.TakesItemStatusUpdate, sip2.TakesPatronEnable, sip2.TakesHold,
	} {
		takes, _ := behind.Takes(k)
		set(takes, k)
	}
	return string(kinds)
}

// behind is what the library's own server says that it does; nothing when there is
// none, or none that answers.
func (k *Kiosk) behind(ctx context.Context) sip2.ACSStatusReply {
	if k.o.Behind == nil {
		return sip2.ACSStatusReply{}
	}
	if known := k.o.Behind.Status(); known.Supported != "" {
		return known
	}
	said, err := k.o.Behind.Check(ctx)
	if err != nil {
		k.o.Log.WarnContext(ctx, "kiosk: the library's own SIP2 server does not answer", "error", err)
		return sip2.ACSStatusReply{}
	}
	return said
}
