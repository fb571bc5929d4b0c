package app

import (
	"hoofdpas/internal/job"
	"hoofdpas/internal/mail"
)

// letters is what letters to members are written and sent with; without a mail
// server none are.
func (r *rooms) letters() job.Letters {
	l := job.Letters{
		Payments: r.cashier, Cards: r.system.cards, Texts: r.texts, Library: r.config.Library.Name, Base: r.public,
	}
	if m := r.config.Mail; m.Host != "" {
		l.Post = &mail.Post{
			Host: m.Host, Port: m.Port, From: m.From, Name: r.config.Library.Name,
			User: m.User, Password: m.Password, TLS: mail.TLS(m.TLS), Now: r.out.Now,
		}
	}
	return l
}
