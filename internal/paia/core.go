package paia

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"hoofdpas/internal/calendar"
	"hoofdpas/internal/circulation"
	"hoofdpas/internal/household"
	"hoofdpas/internal/mandate"
	"hoofdpas/internal/money"
	"hoofdpas/internal/problem"
)

// patron is a card (PAIA core patron). Email, Expires and Note are for its holder.
type patron struct {
	Name    string `json:"name"`
	Email   string `json:"email,omitempty"`
	Expires string `json:"expires,omitempty"`
	Status  int    `json:"status"`
}

// The states of an account (PAIA: simple data types).
const (
	active = iota
	inactive
	expired
)

func (a *api) patron(ctx context.Context, c *call) (any, error) {
	p, err := c.permit(ctx, mandate.Scopes...)
	if err != nil {
		return nil, err
	}
	_, k, err := a.Porter.KnownByID(ctx, p.Card().ID)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	out := patron{Name: p.Card().Name}
	switch {
	case k.Blocked:
		out.Status = inactive
	case k.Expired(a.today()):
		out.Status = expired
	}
	if p.OwnCard() {
		out.Email = k.Email
		if !k.ExpiresOn.IsZero() {
			out.Expires = k.ExpiresOn.String()
		}
	}
	return out, nil
}

func (a *api) today() calendar.Date { return calendar.Today(a.Now(), a.Zone) }

// document is a loan (PAIA: documents).
type document struct {
	Status    int    `json:"status"`
	Item      string `json:"item,omitempty"`
	Edition   string `json:"edition,omitempty"`
	About     string `json:"about,omitempty"`
	Label     string `json:"label,omitempty"`
	Queue     *int   `json:"queue,omitempty"`
	Renewals  *int   `json:"renewals,omitempty"`
	StartTime string `json:"starttime,omitempty"`
	EndTime   string `json:"endtime,omitempty"`
	// DueDate is deprecated, for clients older than 1.3.
	DueDate   string `json:"duedate,omitempty"`
	CanCancel *bool  `json:"cancancel,omitempty"`
	CanRenew  *bool  `json:"canrenew,omitempty"`
	Error     string `json:"error,omitempty"`
}

// documents is a list of them.
type documents struct {
	Doc []document `json:"doc"`
}

// held is the service status of a loan, noRelation that of what is none.
const (
	noRelation = 0
	held       = 3
)

// itemURI names an item, by the bar code on it. It is a name: nothing is found
// there.
func (a *api) itemURI(l circulation.Loan) string {
	if l.Item == "" {
		return a.PublicURL.JoinPath("paia", "loan", url.PathEscape(string(l.ID))).String()
	}
	return a.PublicURL.JoinPath("paia", "item", url.PathEscape(l.Item)).String()
}

func (a *api) document(l circulation.Loan) document {
	about := l.Title
	if l.Author != "" {
		about = l.Author + ": " + l.Title
	}
	no := false
	d := document{
		Status: held, Item: a.itemURI(l), About: about, Label: l.Item, Renewals: &l.Renewals, CanCancel: &no,
	}
	if l.Reserved {
		one := 1 // at least: the library system tells no more
		d.Queue, d.CanRenew = &one, &no
	}
	if !l.LentOn.IsZero() {
		d.StartTime = l.LentOn.String()
	}
	if !l.DueOn.IsZero() {
		const minute = time.Minute
		d.DueDate = l.DueOn.String()
		d.EndTime = l.DueOn.AddDays(1).Begin(a.Zone).Add(-minute).Format(time.RFC3339)
	}
	return d
}

// items lists loans (PAIA core items; S18).
func (a *api) items(ctx context.Context, c *call) (any, error) {
	p, err := c.permit(ctx, mandate.Renew)
	if err != nil {
		return nil, err
	}
	loans, err := a.Office.Loans(ctx, p)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	out := documents{Doc: []document{}}
	for _, l := range loans {
		out.Doc = append(out.Doc, a.document(l))
	}
	return out, nil
}

// maxDocuments is how many documents one request may name.
const maxDocuments = 100

// renewal is one document to renew. DueDate is ours: the date that the app saw. With
// it a request that is sent twice renews once.
type renewal struct {
	Item    string `json:"item"`
	Edition string `json:"edition"`
	DueDate string `json:"duedate"`
}

// renew renews documents, each by itself: what cannot be renewed says why in its
// error (PAIA core renew; S18).
func (a *api) renew(ctx context.Context, c *call) (any, error) {
	p, err := c.permit(ctx, mandate.Renew)
	if err != nil {
		return nil, err
	}
	var asked struct {
		Doc []renewal `json:"doc"`
	}
	if err := c.json(&asked); err != nil {
		return nil, err
	}
	if len(asked.Doc) == 0 || len(asked.Doc) > maxDocuments {
		return nil, invalid("api.documents")
	}
	for _, d := range asked.Doc {
		if d.Item == "" && d.Edition == "" {
			return nil, invalid("api.document")
		}
	}
	loans, err := a.Office.Loans(ctx, p)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was doing
	}
	out := documents{}
	done := map[renewal]document{}
	for _, d := range asked.Doc {
		made, again := done[d]
		if !again {
			made = a.renewOne(ctx, c, p, loans, d)
			done[d] = made
		}
		out.Doc = append(out.Doc, made)
	}
	return out, nil
}

func (a *api) renewOne(ctx context.Context, c *call, p mandate.Permit, loans []circulation.Loan, d renewal) document {
	for _, l := range loans {
		if a.itemURI(l) != d.Item {
			continue
		}
		due := l.DueOn
		if d.DueDate != "" {
			seen, err := calendar.ParseISO(d.DueDate)
			if err != nil {
				made := a.document(l)
				made.Error = c.t.T("api.due_date")
				return made
			}
			due = seen
		}
		renewed, err := a.Office.Renew(ctx, p, l.ID, due)
		if err != nil {
			made := a.document(l)
			made.Error = c.sentence(ctx, err)
			return made
		}
		return a.document(renewed)
	}
	return document{Status: noRelation, Item: d.Item, Edition: d.Edition, Error: c.t.T("problem." + string(circulation.ReasonLoanNotFound))}
}

// sentence is what went wrong with one of several, in words. A fault of ours is told
// to the operator, and nobody knows how far the renewal had come.
func (c *call) sentence(ctx context.Context, err error) string {
	if problem.Of(err) == nil {
		c.wrong(ctx, "an app's renewal failed", "error", err)
		return c.t.T("problem." + string(circulation.ReasonUnsure))
	}
	said := ""
	for _, s := range c.t.Problems(err) {
		said += s + " "
	}
	return said[:max(len(said)-1, 0)]
}

// fee is an amount that is owed (PAIA core fees).
type fee struct {
	Amount  string `json:"amount"`
	Date    string `json:"date,omitempty"`
	About   string `json:"about,omitempty"`
	Item    string `json:"item,omitempty"`
	FeeType string `json:"feetype,omitempty"`
	FeeID   string `json:"feeid,omitempty"`
}

type feeList struct {
	Amount string `json:"amount"`
	Fee    []fee  `json:"fee"`
}

// euro is an amount as PAIA writes money.
func euro(c money.Cents) string { return c.String() + " EUR" }

// fees lists what is owed (S19). What has been paid, and is being told to the library
// system, is not owed any more.
func (a *api) fees(ctx context.Context, c *call) (any, error) {
	p, err := c.permit(ctx, mandate.Pay)
	if err != nil {
		return nil, err
	}
	m, err := a.owed(ctx, []mandate.Permit{p})
	if err != nil {
		return nil, err
	}
	if m[0].FeesErr != nil {
		return nil, m[0].FeesErr
	}
	total, err := m[0].Owes()
	if err != nil {
		return nil, fmt.Errorf("add up fees: %w", err)
	}
	out := feeList{Amount: euro(total), Fee: []fee{}}
	for _, f := range m[0].Fees {
		if !f.Paid() {
			out.Fee = append(out.Fee, a.fee(c, f.Fee))
		}
	}
	return out, nil
}

// owed reads what is owed for the permits, and what holds it.
func (a *api) owed(ctx context.Context, permits []mandate.Permit) ([]household.Member, error) {
	return a.Viewer.Fill(ctx, permits, household.Want{Fees: true}) //nolint:wrapcheck // says what it was doing
}

// fee is one fee. The type of a fee is named by us: PAIA wants one text for each.
func (a *api) fee(c *call, f circulation.Fee) fee {
	kind := c.t.T("member.fee_" + string(f.Kind))
	out := fee{
		Amount: euro(f.Amount), About: f.Description, FeeType: kind,
		FeeID: a.PublicURL.JoinPath("paia", "feetype", string(f.Kind)).String(),
	}
	if out.About == "" {
		out.About = kind
	}
	if !f.ChargedOn.IsZero() {
		out.Date = f.ChargedOn.String()
	}
	if f.Item != "" {
		out.Item = a.itemURI(circulation.Loan{Item: f.Item})
	}
	return out
}
