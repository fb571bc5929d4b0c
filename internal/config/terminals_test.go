package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/config"
)

const twoTerminals = `
[kiosk]
listen = "10.0.0.5:6001"
[kiosk.terminal.Zuil]
user = "zuil"
password = "lang-genoeg"
branch = "Centrum"
household = true
[kiosk.terminal."Zelf 2"]
user = "zelf"
password_file = "%s"
branch = "Noord"
rights = ["read", "renew"]
`

func TestTerminalsAreNamedEachWithWhatItMay(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "zelf")
	if err := os.WriteFile(secret, []byte("uit-een-bestand\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Sources{File: write(t, strings.Replace(twoTerminals, "%s", secret, 1))})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	all, _ := c.Kiosk.Terminals()
	if diff := cmp.Diff(map[string]config.Terminal{
		"Zuil":   {User: "zuil", Password: "lang-genoeg", Branch: "Centrum", Rights: []string{"read", "renew", "pay"}, Household: true, PIN: true},
		"Zelf 2": {User: "zelf", Password: "uit-een-bestand", PasswordFile: secret, Branch: "Noord", Rights: []string{"read", "renew"}, PIN: true},
	}, all); diff != "" {
		t.Error(diff)
	}
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	if said := out.String(); strings.Contains(said, "lang-genoeg") || strings.Contains(said, "uit-een-bestand") || !strings.Contains(said, `[kiosk.terminal."Zelf 2"]`) {
		t.Errorf("printed %s", said)
	}
}

func TestEveryFaultOfATerminalIsTold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[kiosk]\nlisten = \"6001\"":                                                                                  "kiosk.listen",
		"[kiosk]\nlisten = \":6001\"":                                                                                 "kiosk.terminal: name the terminals",
		"[kiosk]\ntls_listen = \":6002\"":                                                                             "kiosk.tls_cert",
		"[kiosk]\ncharset = \"ebcdic\"":                                                                               "kiosk.charset",
		"[kiosk]\npass_on = true":                                                                                     "library.sip.address",
		"[kiosk]\nconnections_per_address = 0":                                                                        "kiosk.connections_per_address",
		"[kiosk.terminal.a]\npassword = \"lang-genoeg\"\nbranch = \"C\"":                                              "kiosk.terminal.a.user",
		"[kiosk.terminal.a]\nuser = \"a\"\npassword = \"kort\"\nbranch = \"C\"":                                       "kiosk.terminal.a.password",
		"[kiosk.terminal.a]\nuser = \"a\"\npassword_file = \"/none\"\nbranch = \"C\"":                                 "kiosk.terminal.a.password_file",
		"[kiosk.terminal.a]\nuser = \"a\"\npassword = \"lang-genoeg\"":                                                "kiosk.terminal.a.branch",
		"[kiosk.terminal.a]\nuser = \"a\"\npassword = \"lang-genoeg\"\nbranch = \"C\"\nrights = [\"lend\"]":           "kiosk.terminal.a.rights",
		"[kiosk.terminal.a]\nuser = \"a\"\npassword = \"lang-genoeg\"\nbranch = \"C\"\nrights = []":                   "kiosk.terminal.a.rights",
		"[kiosk.terminal.a]\nuser = \"a\"\npassword = \"lang-genoeg\"\nbranch = \"Online\"":                           "kiosk.terminal.a.branch",
		"[kiosk.terminal.a]\nuser = \"a\"\npassword = \"lang-genoeg\"\nbranch = \"C\"\npin = false\nhousehold = true": "kiosk.terminal.a.household",
		"[kiosk.terminal.\"a/b\"]\nuser = \"a\"\npassword = \"lang-genoeg\"\nbranch = \"C\"":                          "kiosk.terminal.a/b",
		"[kiosk.terminal.a]\nuser = \"x\"\npassword = \"lang-genoeg\"\nbranch = \"C\"\n[kiosk.terminal.b]\nuser = \"x\"\npassword = \"lang-genoeg\"\nbranch = \"C\"": "the user of a too",
		"[paia]\norigins = [\"app.example.nl\"]": "paia.origins",
	} {
		c, err := config.Load(config.Sources{File: write(t, text)})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: no %s in %v", text, want, err)
		}
	}
	_, err := config.Load(config.Sources{File: write(t, "[kiosk.terminal.a]\nhouse_hold = true")})
	if err == nil || !strings.Contains(err.Error(), `did you mean "kiosk.terminal.a.household"?`) {
		t.Errorf("got %v", err)
	}
}
