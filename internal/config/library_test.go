package config_test

import (
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/config"
)

// lending is a configuration in front of a Koha and a SIP2 server, changed.
func lending(t *testing.T, change func(*config.Library)) error {
	t.Helper()
	c, err := config.Load(config.Sources{Environ: []string{
		"HOOFDPAS_LIBRARY_SYSTEM=koha", "HOOFDPAS_LIBRARY_KOHA_URL=https://koha-staf.bibliotheek-voorbeeld.nl",
		"HOOFDPAS_LIBRARY_KOHA_USER=hoofdpas", "HOOFDPAS_LIBRARY_KOHA_PASSWORD_FILE=" + write(t, "hemelsblauw\n"),
		"HOOFDPAS_LIBRARY_SIP_ADDRESS=10.0.0.5:6001", "HOOFDPAS_LIBRARY_SIP_TLS=true", "HOOFDPAS_LIBRARY_SIP_CONNECTIONS=2",
	}})
	if err != nil {
		t.Fatal(err)
	}
	change(&c.Library)
	return c.Validate()
}

func TestWhatALibrarySystemNeedsIsChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*config.Library)
		want   string // in the fault; "" for none
	}{
		"koha and sip": {func(*config.Library) {}, ""},
		"sip":          {func(l *config.Library) { l.System, l.Koha = config.SIP, config.KohaConfig{} }, ""},
		"builtin": {func(l *config.Library) {
			l.System, l.Koha, l.SIP = config.Builtin, config.KohaConfig{}, config.SIPConfig{}
		}, ""},
		"neither":            {func(l *config.Library) { l.System = "aleph" }, "library.system"},
		"no address of koha": {func(l *config.Library) { l.Koha.URL = "" }, "library.koha.url"},
		"a password in it":   {func(l *config.Library) { l.Koha.URL = "https://u:hemelsblauw@koha.example" }, "library.koha.url"},
		"koha in the clear":  {func(l *config.Library) { l.Koha.URL = "http://koha.bibliotheek-voorbeeld.nl" }, "library.koha.url"},
		"koha by a name":     {func(l *config.Library) { l.Koha.URL, l.Koha.PlainHTTP = "http://koha.bibliotheek-voorbeeld.nl", true }, ""},
		"koha in the house":  {func(l *config.Library) { l.Koha.URL = "http://10.0.0.5:8081" }, ""},
		"koha beside us":     {func(l *config.Library) { l.Koha.URL = "http://koha:8081" }, ""},
		"nobody at koha":     {func(l *config.Library) { l.Koha.Password = "" }, "library.koha.user"},
		"a client at koha": {func(l *config.Library) {
			l.Koha = config.KohaConfig{URL: l.Koha.URL, ClientID: "c", ClientSecret: "hemelsblauw"}
		}, ""},
		"half a client":       {func(l *config.Library) { l.Koha.ClientID = "c" }, "library.koha.client_id"},
		"who checks":          {func(l *config.Library) { l.Koha.FirstPassword = "me" }, "library.koha.first_password"},
		"sip without sip":     {func(l *config.Library) { l.Koha.FirstPassword, l.SIP.Address = config.FirstBySIP, "" }, "library.koha.first_password"},
		"no amount":           {func(l *config.Library) { l.Koha.FeeLimit = "vijf" }, "library.koha.fee_limit"},
		"no address of sip":   {func(l *config.Library) { l.System, l.SIP.Address = config.SIP, "" }, "library.sip.address"},
		"no port":             {func(l *config.Library) { l.SIP.Address = "10.0.0.5" }, "library.sip.address"},
		"a port by name":      {func(l *config.Library) { l.SIP.Address = "10.0.0.5:sip" }, "library.sip.address"},
		"whose password":      {func(l *config.Library) { l.SIP.Password = "hemelsblauw" }, "library.sip.user"},
		"what breaks a frame": {func(l *config.Library) { l.SIP.User, l.SIP.Password = "u", "hemels|blauw" }, "library.sip.password"},
		"certificates":        {func(l *config.Library) { l.SIP.TLSCA = write(t, "no PEM") }, "library.sip.tls_ca"},
		"for nothing":         {func(l *config.Library) { l.SIP.TLS, l.SIP.TLSCA = false, write(t, "x") }, "library.sip.tls_ca"},
		"letters":             {func(l *config.Library) { l.SIP.Charset = "ebcdic" }, "library.sip.charset"},
		"ends":                {func(l *config.Library) { l.SIP.Terminator = "lf" }, "library.sip.terminator"},
		"profile":             {func(l *config.Library) { l.SIP.Profile = "aleph" }, "library.sip.profile"},
		"own profile":         {func(l *config.Library) { l.SIP.Profile = "../library/sip/profiles/wise.toml" }, ""},
		"none":                {func(l *config.Library) { l.SIP.Connections = 0 }, "library.sip.connections"},
		"euros":               {func(l *config.Library) { l.SIP.Currency = "euro" }, "library.sip.currency"},
		"no time":             {func(l *config.Library) { l.Timeout = "0s" }, "library.timeout"},
		"kept too long":       {func(l *config.Library) { l.Keep = "1h" }, "library.keep"},
		"kept not at all":     {func(l *config.Library) { l.Keep = "0s" }, ""},
		"no calls":            {func(l *config.Library) { l.CallsAtOnce = 0 }, "library.calls_at_once"},
	} {
		err := lending(t, c.change)
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "blauw") {
			t.Errorf("%s: the fault shows the secret: %v", name, err)
		}
	}
}

func TestTheDemoReachesNobodysLibrary(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*config.Config)
		want   string // in the fault; "" for none
	}{
		"a library's Koha": {func(c *config.Config) { c.Library.SIP.Address = "" }, "library.koha.url: what the demo pays"},
		"a library's SIP2 server": {func(c *config.Config) {
			c.Library.System, c.Library.SIP.Address = config.SIP, "10.0.0.5:6001"
		}, "library.sip.address: what the demo pays"},
		"on this machine": {func(c *config.Config) {
			c.Library.Koha.URL, c.Library.SIP.Address = "http://127.0.0.1:8081", "localhost:6001"
		}, ""},
		"built in": {func(c *config.Config) { c.Library.System = config.Builtin }, ""},
	} {
		loaded, err := config.Load(config.Sources{Flags: map[string]any{
			"library.system": "koha", "library.koha.url": "https://koha-staf.bibliotheek-voorbeeld.nl", "library.koha.user": "u", "library.koha.password": "p",
		}})
		if err != nil {
			t.Fatal(err)
		}
		loaded.Demo, loaded.Payment.Provider = true, config.TestBank
		c.change(&loaded)
		err = loaded.Validate()
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTimesOfTheLibrarySystemAreRead(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{Flags: map[string]any{
		"library.timeout": "1m30s", "library.keep": "0s", "library.koha.fee_limit": "5.00", "library.sip.password": "hemelsblauw",
		"library.sip.terminal_password": "hemelsblauw", "library.koha.password": "hemelsblauw", "library.koha.client_secret": "hemelsblauw",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if l := c.Library; l.Patience() != 90*time.Second || l.Kept() != 0 || l.Koha.Limit() != 500 || l.Remote() {
		t.Errorf("got %v, %v, %v", l.Patience(), l.Kept(), l.Koha.Limit())
	}
	var out strings.Builder
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "blauw") || strings.Count(out.String(), `= "***"`) != 4 {
		t.Errorf("printed:\n%s", out.String())
	}
}
