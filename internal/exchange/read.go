package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"

	"hoofdpas/internal/card"
	"hoofdpas/internal/circulation"
)

// batch is how many rows go to the stage at once.
const batch = 2000

// readAll puts the rows of all given files on the stage. It reads to the end
// whatever is wrong, so that everything that is wrong is told at once.
func (i *importer) readAll(ctx context.Context) error {
	i.given = Given{}
	type opened struct {
		kind    Kind
		content io.ReadCloser
	}
	var all []opened
	defer func() {
		for _, o := range all {
			_ = o.content.Close() // it was only read
		}
	}()
	for _, k := range Kinds {
		src := i.files.of(k)
		if !src.given() {
			continue
		}
		content, size, err := src.open()
		if err != nil {
			return err
		}
		all = append(all, opened{k, content})
		i.size += size
	}
	unusable := false
	for _, o := range all {
		ok, err := i.readFile(ctx, o.kind, o.content)
		if err != nil {
			return fmt.Errorf("%s: %w", i.files.of(o.kind).name, err)
		}
		unusable = unusable || !ok
	}
	if unusable {
		// Comparing rows with a file that could not be read would call every
		// one of them wrong.
		return i.bad.refused()
	}
	return nil
}

// readFile puts the rows of one file on the stage; ok is false when it cannot
// be read as a table at all.
func (i *importer) readFile(ctx context.Context, k Kind, content io.Reader) (ok bool, err error) {
	src := tableSource{kind: k, name: i.files.of(k).name, encoding: i.Encoding, content: counted{content, func(n int) {
		i.read += int64(n)
		i.Progress(Reading, i.read, i.size)
	}}}
	t, err := openTable(src, &i.bad)
	if err != nil || t == nil {
		return false, err
	}
	for _, name := range t.extra {
		i.notes = append(i.notes, fmt.Sprintf("%s: column %q is not used", src.name, name))
	}
	switch k {
	case Cards:
		i.given[k], err = stageRows(ctx, t, i.cardRow, i.stage.AddCards)
	case Loans:
		i.given[k], err = stageRows(ctx, t, loanRow, i.stage.AddLoans)
	case Fees:
		i.given[k], err = stageRows(ctx, t, feeRow, i.stage.AddFees)
	}
	return true, err
}

// stageRows reads the rows of a table into add, and counts them. A row with a
// key goes on the stage whatever else is wrong with it, so that rows which
// refer to it are not called wrong too; nothing leaves the stage then.
func stageRows[R any](
	ctx context.Context, t *table, read func(*table) (R, bool), add func(context.Context, []R) error,
) (int, error) {
	rows, count := make([]R, 0, batch), 0
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("import was stopped: %w", err)
		}
		if err := add(ctx, rows); err != nil {
			return fmt.Errorf("keep rows: %w", err)
		}
		rows = rows[:0]
		return nil
	}
	for {
		err := t.next()
		if errors.Is(err, io.EOF) {
			return count, flush()
		}
		if err != nil {
			return count, err
		}
		count++
		row, ok := read(t)
		if !ok {
			continue
		}
		if rows = append(rows, row); len(rows) == batch {
			if err := flush(); err != nil {
				return count, err
			}
		}
	}
}

func (i *importer) cardRow(t *table) (CardRow, bool) {
	number, ok := t.number(cardNumber)
	c := card.Card{Number: number, BirthDate: t.date(cardBirthDate), ExpiresOn: t.date(cardExpiresOn), Blocked: t.yes(cardBlocked)}
	c.Name, _ = t.text(cardName, maxText)
	c.Email, _ = t.text(cardEmail, maxText)
	c.Category, _ = t.text(cardCategory, maxKey)
	c.Branch, _ = t.text(cardBranch, maxKey)
	if c.Category != "" && !i.Rules.Knows(c.Category) {
		if _, seen := i.categories[c.Category]; seen || len(i.categories) < maxCategories {
			i.categories[c.Category]++
		} else {
			i.categories[""]++
		}
	}
	if password, good := t.text(cardFirstPassword, maxKey); good && password != "" && ok {
		i.passwords[number.Text()] = password
	}
	return CardRow{Line: t.line(0), Card: c}, ok
}

func loanRow(t *table) (LoanRow, bool) {
	id, ok := t.text(loanID, maxKey)
	number, known := t.number(loanCard)
	l := circulation.Loan{
		ID: circulation.LoanID(id), LentOn: t.date(loanLentOn), DueOn: t.date(loanDueOn),
		Renewals: t.count(loanRenewals), Reserved: t.yes(loanReserved),
	}
	l.Item, _ = t.text(loanItem, maxKey)
	l.Title, _ = t.text(loanTitle, maxText)
	l.Author, _ = t.text(loanAuthor, maxText)
	l.Material, _ = t.text(loanMaterial, maxKey)
	return LoanRow{Line: t.line(0), Holder: number, Loan: l}, ok && known
}

func feeRow(t *table) (FeeRow, bool) {
	id, ok := t.text(feeID, maxKey)
	number, known := t.number(feeCard)
	f := circulation.Fee{ID: circulation.FeeID(id), Amount: t.amount(feeAmount), ChargedOn: t.date(feeChargedOn)}
	f.Description, _ = t.text(feeDescription, maxText)
	f.Item, _ = t.text(feeItem, maxKey)
	if kind, good := t.text(feeKind, maxText); good {
		if f.Kind, good = feeKindOf(kind); !good {
			t.fault(feeKind, "is not a kind of fee; write one of "+feeKindNames())
		}
	}
	return FeeRow{Line: t.line(0), Holder: number, Fee: f}, ok && known
}
