// Package account lets people in: log-in by card number or user name (S1, S2),
// the first password and choosing one's own (S3 to S5), the user name (S7), and
// slowing down who guesses. It also lets apps in on a member's behalf, and knows
// the staff of the desk. How a session is kept is the web's affair.
package account

import (
	"context"
	"log/slog"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/card"
	"hoofdpas/internal/problem"
)

// Reasons of this room.
const (
	ReasonWrong            problem.Reason = "account.wrong"              // number or name, or password, is wrong: one reason for both
	ReasonSlow             problem.Reason = "account.slow"               // too many attempts; argument wait
	ReasonPasswordShort    problem.Reason = "account.password_short"     // under 8 characters; argument min
	ReasonPasswordLong     problem.Reason = "account.password_long"      // over the bound; argument max
	ReasonPasswordCapital  problem.Reason = "account.password_capital"   // no capital letter
	ReasonPasswordSmall    problem.Reason = "account.password_small"     // no small letter
	ReasonPasswordDigit    problem.Reason = "account.password_digit"     // no digit
	ReasonPasswordSign     problem.Reason = "account.password_sign"      // none of !@\$%^*()<>?
	ReasonPasswordDiffers  problem.Reason = "account.password_differs"   // the two fields differ
	ReasonPasswordCurrent  problem.Reason = "account.password_current"   // the present password is wrong
	ReasonPasswordFirst    problem.Reason = "account.password_first"     // equal to the one that the library handed out
	ReasonUserNameTaken    problem.Reason = "account.user_name_taken"    // another card has it, compared without case
	ReasonLoginEmpty       problem.Reason = "account.login_empty"        // nothing typed in the name field
	ReasonPasswordEmpty    problem.Reason = "account.password_empty"     // nothing typed in the password field
	ReasonStaffTaken       problem.Reason = "account.staff_taken"        // a staff account with that user name exists
	ReasonStaffNotFound    problem.Reason = "account.staff_not_found"    // no such staff account
	ReasonStaffWrong       problem.Reason = "account.staff_wrong"        // staff name or password is wrong: one reason for both
	ReasonCardNotFound     problem.Reason = "account.card_not_found"     // the library has no such card
	ReasonGone             problem.Reason = "account.gone"               // the password is right, and the library no longer has the card
	ReasonRenumbered       problem.Reason = "account.renumbered"         // the password is right, and the card has another number now
	ReasonNumberStands     problem.Reason = "account.number_stands"      // the library still has the old number
	ReasonNumberUsed       problem.Reason = "account.number_used"        // the new number has an account of its own here
	ReasonNumberUnknown    problem.Reason = "account.number_unknown"     // nobody here has the old number
	ReasonMustChoose       problem.Reason = "account.must_choose"        // the password is the first one: choose an own one on the site
	ReasonTokenWrong       problem.Reason = "account.token_wrong"        // an app's token is missing, wrong or over
	ReasonScopeUnknown     problem.Reason = "account.scope_unknown"      // an app asks for what there is not
	ReasonStaffUserInvalid problem.Reason = "account.staff_user_invalid" // the staff user name cannot be used
)

// Hash is a password hash in argon2id's PHC form. It masks itself.
type Hash string

// String masks the hash.
func (Hash) String() string { return "[hash]" }

// LogValue masks the hash.
func (Hash) LogValue() slog.Value { return slog.StringValue("[hash]") }

// Account is what we keep of a card that has logged in or has been asked for.
type Account struct {
	Holder   card.Holder
	UserName card.UserName
	// Password is empty until the holder has chosen one (S3).
	Password Hash
	// First is the first password that our desk handed out. It counts only
	// while Password is empty; then the library system's own no longer does.
	First Hash
	// Closed: the library closed the card. Nobody logs in with it.
	Closed bool
	// Key is the library system's key of the holder, "" for none.
	Key string
	// Epoch counts what ends sessions: a session that was begun in another
	// epoch is over. Changing the password and "log out everywhere" raise it.
	Epoch int64
}

// Staff is a staff member's account at the desk.
type Staff struct {
	ID       int64
	User     string // to log in with, compared without case
	Name     string // as it stands in logs and on receipts
	Password Hash
	Disabled bool
	Epoch    int64
}

// LogValue shows a staff member by ID.
func (s Staff) LogValue() slog.Value { return slog.Int64Value(s.ID) }

// Identity is what a session remembers of a member.
type Identity struct {
	Holder card.Holder
	Epoch  int64
	// MustChoose: logged in with the first password; nothing else opens before
	// an own one is chosen (S3).
	MustChoose bool
}

// Known is a card as we know it.
type Known struct {
	Holder card.Holder
	Key    string // the library system's key of the person, "" for none
}

// Store is what this room needs kept. Each method is one transaction.
type Store interface {
	// Account returns the account with the ID; ok is false when there is none.
	Account(ctx context.Context, id card.ID) (a Account, ok bool, err error)
	// AccountByNumber finds the account of a card we know.
	AccountByNumber(ctx context.Context, n card.Number) (a Account, ok bool, err error)
	// AccountByUserName finds it by card.NameKey of the user name.
	AccountByUserName(ctx context.Context, key string) (a Account, ok bool, err error)
	// KnowCard makes sure that we have a row for the card, refreshes its name
	// and returns its holder.
	KnowCard(ctx context.Context, c card.Card) (card.Holder, error)
	// ToAsk returns cards that matter here and that the library system was not
	// asked for since the instant, the longest ago first, up to limit.
	ToAsk(ctx context.Context, before time.Time, limit int) ([]Known, error)
	// Seen keeps what the library system says of a card that it was asked for by
	// the row's number or key, opens it again when it was closed (back), and
	// returns its holder.
	Seen(ctx context.Context, id card.ID, c card.Card, at time.Time) (h card.Holder, back bool, err error)
	// Missed keeps that the library system knows no such card on a day, and closes
	// the card when it did not know it on an earlier day either.
	Missed(ctx context.Context, id card.ID, on calendar.Date, at time.Time) (closed bool, err error)
	// Renumber gives a card the number of another one of the library system, and
	// logs the act. It reports false, and writes nothing, when that number is the
	// card's already, or is another's here who has more than that number.
	Renumber(ctx context.Context, id card.ID, c card.Card, act StaffAct) (bool, error)
	// SetPassword writes the hash, clears First, raises the epoch and returns
	// it. ok is false, and nothing is written, when the account is no longer in
	// the epoch: somebody else, or the desk, was quicker.
	SetPassword(ctx context.Context, id card.ID, h Hash, epoch int64) (raised int64, ok bool, err error)
	// HandOutFirst takes the own password away, writes First, raises the epoch
	// and logs the act.
	HandOutFirst(ctx context.Context, id card.ID, h Hash, act StaffAct) error
	// RaiseEpoch ends every session of the card and returns the new epoch.
	RaiseEpoch(ctx context.Context, id card.ID) (int64, error)
	// SetUserName sets the user name, or removes it when zero. taken is true,
	// and nothing is written, when another card has it without case.
	SetUserName(ctx context.Context, id card.ID, u card.UserName) (taken bool, err error)
	// KnowsDevice reports whether a device with the hashed token has logged in
	// to the card before; AddDevice remembers one.
	KnowsDevice(ctx context.Context, id card.ID, tokenHash string) (bool, error)
	AddDevice(ctx context.Context, id card.ID, tokenHash string, at time.Time) error

	// StaffByUser finds a staff account by its lower-cased user name.
	StaffByUser(ctx context.Context, user string) (s Staff, ok bool, err error)
	// StaffByID finds a staff account.
	StaffByID(ctx context.Context, id int64) (s Staff, ok bool, err error)
	// AddStaff adds a staff account; taken is true when the user name exists.
	AddStaff(ctx context.Context, s Staff) (taken bool, err error)
	// ListStaff returns all staff accounts by user name.
	ListStaff(ctx context.Context) ([]Staff, error)
	// SaveStaff writes password, name and Disabled of the account and raises its
	// epoch, which ends its sessions; unless it has another epoch than s: false,
	// somebody else was quicker.
	SaveStaff(ctx context.Context, s Staff) (bool, error)
	// AddStaffAct logs what a staff member did for a card (0 for none).
	AddStaffAct(ctx context.Context, act StaffAct) error
	// StaffActs returns the latest acts on a card, newest first.
	StaffActs(ctx context.Context, id card.ID, limit int) ([]StaffAct, error)
}

// StaffAct is one line of the desk's log.
type StaffAct struct {
	At    time.Time
	Staff string // the name at that time
	Card  card.Holder
	// Act is a code that package text has words for: "find", "pay",
	// "first_password", "new_number", "end_mandate", "sign_in", "sign_out".
	Act string
	// Detail is a code or an amount, never a title: "cash 5.20".
	Detail string
}

// Cards is the port to the library system's cards.
type Cards interface {
	// Card returns what the system knows under the number; ok is false when
	// it knows no such card. An error means that the system is away.
	Card(ctx context.Context, number card.Number) (c card.Card, ok bool, err error)
}

// Keyed is what only some library systems can do: find a person by the key that
// stays when the number of the card changes (card.Card.Key). ok is false when the
// system knows no such person any more.
type Keyed interface {
	CardByKey(ctx context.Context, key string) (c card.Card, ok bool, err error)
}

// FirstPasswords is the port that checks the password which the library handed
// out. Checking one that does not exist takes as long as checking one that does.
type FirstPasswords interface {
	CheckFirstPassword(ctx context.Context, number card.Number, password string) (bool, error)
}

// Hasher hashes and checks passwords, a bounded number at once. An empty hash
// matches nothing and takes as long as any other.
type Hasher interface {
	Hash(ctx context.Context, password string) (Hash, error)
	Matches(ctx context.Context, password string, h Hash) (bool, error)
}
