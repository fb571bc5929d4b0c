package koha

import (
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/problem"
)

// reasons are what Koha's codes against a renewal mean, as in CanBookBeRenewed of
// its C4::Circulation.
var reasons = map[string]problem.Reason{ //nolint:gochecknoglobals // a table, never written
	"too_many":                    circulation.ReasonTooOften,
	"too_unseen":                  circulation.ReasonNotAllowed, // must be seen in the library first
	"on_reserve":                  circulation.ReasonReserved,
	"recalled":                    circulation.ReasonReserved,
	"too_soon":                    circulation.ReasonTooSoon,
	"auto_too_soon":               circulation.ReasonTooSoon,
	"item_denied_renewal":         circulation.ReasonNotAllowed,
	"auto_renew":                  circulation.ReasonNotAllowed, // it renews by itself
	"auto_too_late":               circulation.ReasonNotAllowed,
	"auto_too_much_oweing":        circulation.ReasonFees,
	"auto_account_expired":        circulation.ReasonCardExpired,
	"overdue":                     circulation.ReasonNotAllowed,
	"restriction":                 circulation.ReasonCardBlocked,
	"onsite_checkout":             circulation.ReasonNotAllowed,
	"onsite":                      circulation.ReasonNotAllowed,
	"item_issued_to_other_patron": circulation.ReasonNotAllowed,
	"no_item":                     circulation.ReasonLoanNotFound,
	"no_checkout":                 circulation.ReasonLoanNotFound,
}
