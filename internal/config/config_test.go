package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hoofdpas/internal/config"
)

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hoofdpas.toml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheDefaultsAreValid(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestFlagsWinOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	t.Parallel()
	path := write(t, "store = \"sqlite:file.db\"\nlisten = \"127.0.0.1:1\"\n[library]\nname = \"Bestand\"\n")
	c, err := config.Load(config.Sources{
		File:    path,
		Environ: []string{"HOOFDPAS_STORE=sqlite:env.db", "HOOFDPAS_LISTEN=127.0.0.1:2", "PATH=/bin", "HOOFDPAS_CLOSING_WEEKDAYS=monday,sunday"},
		Flags:   map[string]any{"store": "sqlite:flag.db"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Store, c.Listen, c.Library.Name, strings.Join(c.Closing.Weekdays, "+")}
	if diff := cmp.Diff([]string{"sqlite:flag.db", "127.0.0.1:2", "Bestand", "monday+sunday"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnUnknownKeyNamesTheNearestKnownOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, env, want string }{
		{file: "[library]\nnaam = \"x\"", want: `unknown key "library.naam"; did you mean "library.name"?`},
		{file: "stor = \"x\"", want: `did you mean "store"?`},
		{file: "[login]\nhashes = 3", want: `did you mean "login.hashes_at_once"?`},
		{file: "[rules.category.youth]\nloan_day = 1", want: `did you mean "rules.category.youth.loan_days"?`},
		{env: "HOOFDPAS_LISTN=x", want: "unknown variable HOOFDPAS_LISTN; did you mean HOOFDPAS_LISTEN?"},
	} {
		s := config.Sources{Environ: []string{c.env}}
		if c.file != "" {
			s.File = write(t, c.file)
		}
		_, err := config.Load(s)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestACategoryTakesWhatItDoesNotSayFromTheRules(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{File: write(t, "[rules]\nloan_days = 14\n[rules.category.jeugd]\nfee_per_day = \"0.10\"\n")})
	if err != nil {
		t.Fatal(err)
	}
	rules, err := c.Lending()
	if err != nil {
		t.Fatal(err)
	}
	got := rules.Categories["jeugd"]
	if got.LoanDays != 14 || got.FeePerDay != 10 || got.FeeCap != 500 || rules.Default.FeePerDay != 20 {
		t.Errorf("got %+v", got)
	}
}

func TestValidateListsEveryFault(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{File: write(t, `
store = "mysql:x"
listen = "8080"
public_url = "mijn.example.nl"
trusted_proxies = ["proxy"]
[library]
zone = "Utrecht"
[payment]
provider = "testbank"
[mail]
host = "smtp:25"
port = -1
from = "post"
user = "u"
tls = "none"
[till]
desks = ["Balie 1", "Online/Balie", "=1+1/Balie"]
rounding = "0.005"
[rules]
loan_days = 0
fee_per_day = "0.205"
[closing]
weekdays = ["zondag"]
dates = ["25-12-2026"]
`)})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Validate()
	if err == nil {
		t.Fatal("no fault was found")
	}
	for _, key := range []string{
		"store:", "listen:", "public_url:", "trusted_proxies:", "library.zone:", "payment.provider:", "mail.host:", "mail.port:", "mail.from:", "mail.tls:",
		`till.desks: "Balie 1"`, `till.desks: "Online/Balie"`, `till.desks: "=1+1/Balie"`, "till.rounding:", "rules.loan_days:",
		"rules.fee_per_day:", "closing.weekdays:", "closing.dates:",
	} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("no fault about %s in:\n%v", key, err)
		}
	}
}

func TestPrintMasksSecretsAndSaysTheSame(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{
		File:  write(t, "[rules.category.jeugd]\nloan_days = 28\n[mail]\nuser = \"u\"\npassword = \"hemelsblauw\"\n"),
		Flags: map[string]any{"store": "postgres://u:hemelsblauw@db/hoofdpas?password=hemelsblauw&sslpassword=hemelsblauw"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hemelsblauw") {
		t.Errorf("a secret is shown:\n%s", out.String())
	}
	again, err := config.Load(config.Sources{File: write(t, out.String())})
	if err != nil {
		t.Fatal(err)
	}
	again.Store, again.Mail.Password = c.Store, c.Mail.Password
	if diff := cmp.Diff(c, again); diff != "" {
		t.Errorf("what is printed says something else: %s", diff)
	}
}

// Not every address that somebody writes can be read as one.
func TestWhatMayHoldAPasswordIsNotPrinted(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{Flags: map[string]any{
		"store": "host=db user=u password=hemelsblauw", "tracing.endpoint": "https://u:hemelsblauw@traces.example.nl",
		"library.system": "koha", "library.koha.url": "https://u:hemelsblauw@koha.example.nl",
	}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	said := c.Validate()
	if said == nil || !strings.Contains(said.Error(), "tracing.endpoint:") {
		t.Errorf("the faults are %v", said)
	}
	if all := out.String() + fmt.Sprint(said); strings.Contains(all, "hemelsblauw") {
		t.Errorf("a secret is shown:\n%s", all)
	}
}

func TestASecretCanComeFromAFile(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{Environ: []string{"HOOFDPAS_STORE_FILE=" + write(t, "postgres://u:p@db/x\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Store != "postgres://u:p@db/x" {
		t.Errorf("got %q", c.Store)
	}
	if _, err := config.Load(config.Sources{Environ: []string{"HOOFDPAS_LISTEN_FILE=x"}}); err == nil {
		t.Error("a file for a key that is no secret was taken")
	}
}
