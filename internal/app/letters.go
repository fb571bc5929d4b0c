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
	if r.config.Mail.Host != "" {
		l.Post = r.post()
	}
	return l
}

// post is the configured mail server.
func (r *rooms) post() *mail.Post {
	m := r.config.Mail
	return &mail.Post{
		Host: m.Host, Port: m.Port, From: m.From, Name: r.config.Library.Name,
		User: m.User, Password: m.Password, TLS: mail.TLS(m.TLS), Now: r.out.Now,
	}
}
