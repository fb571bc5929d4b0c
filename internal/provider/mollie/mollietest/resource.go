package mollietest

import (
	"encoding/json"
	"time"

	"hoofdpas/internal/money"
)

// object is a JSON object.
type object = map[string]any

func hal(address string) object { return object{"href": address, "type": contentType} }

func html(address string) object { return object{"href": address, "type": "text/html"} }

func documentation() object { return html("https://docs.mollie.com/reference") }

func euro(c money.Cents) object { return object{"currency": "EUR", "value": c.String()} }

// instant writes a time as Mollie does: whole seconds, with an offset.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }

// resource is an order as the API writes it.
func (s *Server) resource(o *Order) object {
	address := s.http.URL + "/v2/payments/" + o.Ref
	links := object{
		"self": hal(address), "dashboard": html("https://my.mollie.com/dashboard/payments/" + o.Ref), "documentation": documentation(),
	}
	r := object{
		"resource": "payment", "id": o.Ref, "mode": "test", "createdAt": instant(o.CreatedAt),
		"amount": object{"currency": o.Currency, "value": o.Value}, "description": o.Description, "method": "ideal",
		"metadata": o.metadata, "status": o.Status, "profileId": "pfl_mollietest", "sequenceType": "oneoff",
		"redirectUrl": o.Return, "webhookUrl": nil, "locale": nil, "_links": links,
	}
	if o.Webhook != "" {
		r["webhookUrl"] = o.Webhook
	}
	if o.Locale != "" {
		r["locale"] = o.Locale
	}
	switch o.Status {
	case Open:
		r["isCancelable"], r["expiresAt"], r["method"] = true, instant(o.CreatedAt.Add(s.options.Lasts)), nil
		links["checkout"] = html(s.http.URL + "/checkout/" + o.Ref)
	case Paid:
		s.paidResource(o, r)
	case Canceled, Expired, Failed:
		r[map[string]string{Canceled: "canceledAt", Expired: "expiredAt", Failed: "failedAt"}[o.Status]] = instant(o.ClosedAt)
	}
	return r
}

// paidResource adds what there is to say of a paid order.
func (s *Server) paidResource(o *Order, r object) {
	currency := o.Currency
	in := func(c money.Cents) object { return object{"currency": currency, "value": c.String()} }
	r["paidAt"], r["amountRefunded"], r["amountRemaining"] = instant(o.PaidAt), in(o.refunded()), in(o.left())
	if taken := o.chargedBack(); taken > 0 {
		r["amountChargedBack"] = in(taken)
	}
	links, _ := r["_links"].(object)
	address := s.http.URL + "/v2/payments/" + o.Ref
	if len(o.Refunds) > 0 {
		links["refunds"] = hal(address + "/refunds")
	}
	if len(o.Chargebacks) > 0 {
		links["chargebacks"] = hal(address + "/chargebacks")
	}
}

// refundResource is a refund as the API writes it.
func (s *Server) refundResource(o *Order, f Refund) object {
	address := s.http.URL + "/v2/payments/" + o.Ref
	return object{
		"resource": "refund", "id": f.Ref, "mode": "test", "amount": euro(f.Amount), "status": f.Status,
		"createdAt": instant(f.CreatedAt), "description": f.Description, "metadata": f.metadata, "paymentId": o.Ref,
		"_links": object{"self": hal(address + "/refunds/" + f.Ref), "payment": hal(address), "documentation": documentation()},
	}
}

// chargebackResource is a chargeback as the API writes it.
func (s *Server) chargebackResource(o *Order, c Chargeback) object {
	address := s.http.URL + "/v2/payments/" + o.Ref
	var reversed any
	if !c.ReversedAt.IsZero() {
		reversed = instant(c.ReversedAt)
	}
	return object{
		"resource": "chargeback", "id": c.Ref, "amount": euro(c.Amount), "createdAt": instant(c.CreatedAt), "reversedAt": reversed,
		"paymentId": o.Ref, "_links": object{"self": hal(address + "/chargebacks/" + c.Ref), "payment": hal(address)},
	}
}

// withoutPage takes the page to pay on out of an answer.
func withoutPage(body []byte) []byte {
	var r object
	if json.Unmarshal(body, &r) != nil {
		return body
	}
	if links, ok := r["_links"].(object); ok {
		delete(links, "checkout")
	}
	return encode(r)
}
