package stripetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Webhook is what Stripe sends.
type Webhook struct {
	Signature string // the header Stripe-Signature
	Body      []byte
}

// About makes the webhook of a session: of the session itself when kind is
// "checkout.session.completed", otherwise of its charge, such as
// "charge.dispute.created". It is signed at the moment with the secret.
func (s *Server) About(id, kind, secret string, at time.Time) Webhook {
	object := map[string]any{"object": "charge"}
	s.with(id, func(o *session) {
		object["id"], object["payment_intent"] = o.charge, o.intent
		if kind == "checkout.session.completed" {
			object = s.session(o, nil)
		}
	})
	return Sign(map[string]any{
		"id": token("evt_"), "object": "event", "type": kind, "api_version": "2020-08-27", "created": at.Unix(),
		"data": map[string]any{"object": object},
	}, secret, at)
}

// Sign makes a webhook of an event.
// https://docs.stripe.com/webhooks#verify-manually
func Sign(event any, secret string, at time.Time) Webhook {
	body, err := json.Marshal(event)
	if err != nil {
		panic(err) // a test's own event
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return Webhook{Signature: fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil))), Body: body}
}
