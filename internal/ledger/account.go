package ledger

import "strconv"

// Account is the name of an account, such as "fees/17" (what the card with ID
// 17 owed and paid), "provider/mollie" or "till/Centrum/Balie 1/cash". An
// account's balance is what it received less what it gave: a purse that holds
// money is above zero, fees that were paid and refunds that we owe are below.
type Account string

// Fees is what the card with the ID owed and paid.
func Fees(card int64) Account { return of("fees", card) }

// Refunds is what we owe to the holder of the card with the ID.
func Refunds(payer int64) Account { return of("refunds", payer) }

// Chargebacks is what the holder of the card with the ID took back by their
// bank, as far as no fee is open again for it.
func Chargebacks(payer int64) Account { return of("chargebacks", payer) }

func of(kind string, id int64) Account { return Account(kind + "/" + strconv.FormatInt(id, 10)) }

// Provider is what a payment provider holds for us.
func Provider(name string) Account { return Account("provider/" + name) }

// Till is what came in at a desk by the means "cash" or "pin". Names of
// branches and desks hold no slash.
func Till(branch, desk, means string) Account {
	return Account("till/" + branch + "/" + desk + "/" + means)
}

// Terminal is what came in at a terminal in a branch, in coins or by card: who owns
// the terminal says which. Names hold no slash.
func Terminal(branch, name string) Account { return Account("terminal/" + branch + "/" + name) }

// Safe is where a branch keeps its change and brings its takings.
func Safe(branch string) Account { return Account("safe/" + branch) }

// Differences is what was counted less, or more, than expected in a branch.
func Differences(branch string) Account { return Account("differences/" + branch) }

// Roundings is what rounding cash lost, or gained, in a branch.
func Roundings(branch string) Account { return Account("rounding/" + branch) }

// WriteOffs is what we no longer expect.
const WriteOffs Account = "writeoffs"
