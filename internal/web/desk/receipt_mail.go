package desk

import (
	"context"

	"hoofdpas/internal/problem"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// ReasonNoMail says that the library system has no mail address of a payer.
const ReasonNoMail problem.Reason = "desk.no_mail"

// mailReceipt is POST /balie/bon/{payment}/mail, *Mail de bon*: to the address
// that the library system has of the payer, and to no other.
func (p *pages) mailReceipt(ctx context.Context, r *web.Request) (web.Response, error) {
	made, err := p.paymentOf(ctx, r)
	if err != nil {
		return web.Response{}, err
	}
	if !p.Mails {
		return web.Response{}, noPage()
	}
	_, c, err := p.Porter.KnownByID(ctx, made.Payer.ID)
	if err == nil && c.Email == "" {
		err = problem.New(problem.Refused, ReasonNoMail, problem.Args{"name": made.Payer.Name})
	}
	if err == nil {
		err = p.Cashier.MailReceipt(ctx, made.ID)
	}
	if err == nil {
		p.did(ctx, r, made.Payer, actMail, "")
		r.Say(ui.KindGood, r.Text.T("desk.mail_done", "name", made.Payer.Name))
	}
	return web.SeeOr(r, receiptAt(made.ID), err)
}

// mailButton is *Mail de bon* on a receipt; nil where no mail is sent.
func (p *pages) mailButton(r *web.Request, at string) *ui.Post {
	if !p.Mails {
		return nil
	}
	return &ui.Post{
		Action: at + "/mail", CSRF: r.Token(),
		Button: ui.Press{Label: r.Text.T("desk.mail_receipt"), Variant: ui.Secondary},
	}
}
