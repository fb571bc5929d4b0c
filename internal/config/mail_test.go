package config_test

import (
	"strings"
	"testing"

	"hoofdpas/internal/config"
)

func TestMailGoesOnlyWhereItCanBeTrusted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, mail, fault string }{
		{"none", "tls = 'starttls'", ""},
		{"starttls", "host = 'smtp.bieb.nl'\nfrom = 'post@bieb.nl'\nuser = 'u'\npassword = 'p'", ""},
		{"a server on this machine", "host = '127.0.0.1'\nfrom = 'De Bieb <post@bieb.nl>'\ntls = 'none'\nport = 1025", ""},
		{"in the open", "host = 'smtp.bieb.nl'\nfrom = 'post@bieb.nl'\ntls = 'none'", "mail.tls: with none the letters can be read"},
		{"a password in the open", "host = 'localhost'\nfrom = 'post@bieb.nl'\ntls = 'none'\nuser = 'u'\npassword = 'p'", "mail.tls: with none the password"},
		{"nobody's password", "host = 'smtp.bieb.nl'\nfrom = 'post@bieb.nl'\npassword = 'p'", "mail.user:"},
		{"no sender", "host = 'smtp.bieb.nl'", "mail.from:"},
		{"no server", "from = 'post@bieb.nl'", "mail.host:"},
		{"another way", "host = 'smtp.bieb.nl'\nfrom = 'post@bieb.nl'\ntls = 'ssl'", "mail.tls: \"ssl\" is not possible"},
	} {
		loaded, err := config.Load(config.Sources{File: write(t, "[mail]\n"+c.mail+"\n")})
		if err != nil {
			t.Fatal(err)
		}
		err = loaded.Validate()
		if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "'p'") {
			t.Errorf("%s: shows the password", c.name)
		}
	}
}
