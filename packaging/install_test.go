package packaging

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/web/webtest"
)

const (
	cards = `card_number,name,birth_date,first_password
20001000000012,Marieke de Vries,1984-03-02,Eerste-12`
	loans = `loan_id,card_number,item_number,title,author,lent_on,due_on
1,20001000000012,3999900000001,De brief voor de koning,Tonke Dragt,2026-11-08,2026-11-29`
	own = "Zelf!Gekozen1"

	// hoofdpas is how the documents have an operator run the program's commands.
	hoofdpas = "runuser -u hoofdpas -- hoofdpas -c /etc/hoofdpas/hoofdpas.toml "
	process  = "$(systemctl show --property MainPID --value hoofdpas)"
)

// TestThePackageIsInstalledUpgradedRemovedAndPurged does what an operator does,
// and looks each time as a member who has work to do: systemd says that the
// program is ready, so no page is asked for twice.
func TestThePackageIsInstalledUpgradedRemovedAndPurged(t *testing.T) {
	t.Parallel()
	if os.Getenv("HOOFDPAS_TEST_PACKAGE") != "whole" {
		t.Skip("make package-test boots a machine for this")
	}
	m := boot(t, packages(t))
	address := freeAddress(t)
	site := "http://" + address
	m.write("/etc/systemd/system/hoofdpas.service.d/address.conf", "[Service]\nEnvironment=HOOFDPAS_LISTEN="+address)

	m.do("dpkg --install /packages/first.deb")
	webtest.Open(t, site).Get("/").Wants(http.StatusOK, "Inloggen", "Bibliotheek")
	m.isShutIn()

	m.write("/tmp/cards.csv", cards)
	m.write("/tmp/loans.csv", loans)
	m.do(hoofdpas + "import --cards /tmp/cards.csv --loans /tmp/loans.csv")
	marieke := webtest.Open(t, site)
	marieke.Get("/inloggen").Form("Inloggen").Set("login", "20001000000012").Set("password", "Eerste-12").Send().
		Form("Instellen").Set("new", own).Set("again", own).Send().Wants(http.StatusOK, "De brief voor de koning")

	m.do(`sed -i 's/^name = "Bibliotheek"/name = "Bibliotheek Vlieland"/' /etc/hoofdpas/hoofdpas.toml`)
	m.do("dpkg --install /packages/next.deb")
	marieke.Get("/geleend").Wants(http.StatusOK, "Bibliotheek Vlieland", "De brief voor de koning")
	m.wants("hoofdpas version | cut -d, -f1", "hoofdpas v999.0.0")
	m.wants("systemctl show --property NRestarts --value hoofdpas", "0")
	m.isShutIn()

	m.comesBack(site)
	m.takesASecret()
	m.leavesNothingOfRoot()

	m.do("dpkg --remove hoofdpas")
	m.wants("systemctl is-active hoofdpas || true", "inactive")
	m.wants("ls /var/lib/hoofdpas/library.db /etc/hoofdpas/hoofdpas.toml | wc -l", "2")
	m.do("dpkg --install /packages/next.deb")
	marieke.Get("/geleend").Wants(http.StatusOK, "Bibliotheek Vlieland", "De brief voor de koning")

	m.do("systemctl disable --now hoofdpas && dpkg --install /packages/next.deb")
	m.wants("systemctl is-enabled hoofdpas || true; systemctl is-active hoofdpas || true", "disabled\ninactive")
	m.do("dpkg --purge hoofdpas")
	m.wants("ls -d /var/lib/hoofdpas /etc/hoofdpas /usr/bin/hoofdpas /usr/share/doc/hoofdpas 2>/dev/null || true", "")
	m.wants("systemctl list-unit-files --no-legend 'hoofdpas*' || true", "")
}

// packages is a folder with the very first package that there was, and with one
// of now.
func packages(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	commits := strings.Fields(run(t, "..", "git", "log", "--diff-filter=A", "--format=%H", "--", "packaging/nfpm.yaml"))
	if len(commits) == 0 {
		t.Fatal("the history does not go back to the first package: git fetch --unshallow")
	}
	first := filepath.Join(t.TempDir(), "first")
	run(t, "..", "git", "clone", "--quiet", "--shared", ".", first)
	run(t, first, "git", "checkout", "--quiet", commits[len(commits)-1])
	borrow(t, first)
	for name, deb := range map[string]string{
		"first.deb": build(t, first, runtime.GOARCH, "v0.0.1"), "next.deb": build(t, "..", runtime.GOARCH, "v999.0.0"),
	} {
		if err := os.Rename(deb, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// borrow lends our tools to another source tree.
func borrow(t *testing.T, tree string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(tree, "bin/tools"), 0o755); err != nil {
		t.Fatal(err)
	}
	tools, err := filepath.Glob("../bin/tools/nfpm@*")
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range tools {
		there, err := filepath.Abs(tool)
		if err == nil {
			err = os.Symlink(there, filepath.Join(tree, "bin/tools", filepath.Base(tool)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// isShutIn checks what the kernel knows of the running program, and who may read
// what it keeps.
func (m *machine) isShutIn() {
	m.t.Helper()
	m.wants("systemctl is-active hoofdpas", "active")
	m.wants("systemctl is-enabled hoofdpas", "enabled")
	const status = "awk '/^(CapBnd|NoNewPrivs|Seccomp):/ {print $1 $2}' /proc/" + process + "/status | xargs"
	m.wants(status, "CapBnd:0000000000000000 NoNewPrivs:1 Seccomp:2")
	m.wants("stat -c %U /proc/"+process, "hoofdpas")
	m.wants("stat -c '%U %a' /var/lib/hoofdpas /var/lib/hoofdpas/library.db | xargs", "hoofdpas 700 hoofdpas 600")
	m.wants("stat -c '%U %G %a' /etc/hoofdpas", "root hoofdpas 750")
}

// comesBack kills the program and waits until systemd has started it anew.
func (m *machine) comesBack(site string) {
	m.t.Helper()
	m.do("systemctl kill --signal=KILL hoofdpas")
	for end := time.Now().Add(patience); time.Now().Before(end); {
		req, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, site+"/inloggen", nil)
		if err != nil {
			m.t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body) // only that it is there counts
			resp.Body.Close()
			m.wants("systemctl show --property NRestarts --value hoofdpas", "1")
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	m.t.Fatal("the program was killed and did not come back")
}

// takesASecret gives the program a password that only root can read, as the
// documents say.
func (m *machine) takesASecret() {
	m.t.Helper()
	m.do("umask 077 && echo hemelsblauw >/etc/hoofdpas/mail.password")
	const dropIn = "/etc/systemd/system/hoofdpas.service.d/secrets.conf"
	m.write(dropIn, `[Service]
LoadCredential=mail.password:/etc/hoofdpas/mail.password
Environment=HOOFDPAS_MAIL_PASSWORD_FILE=%d/mail.password
Environment=HOOFDPAS_MAIL_HOST=localhost HOOFDPAS_MAIL_USER=post HOOFDPAS_MAIL_FROM=post@bibliotheek-voorbeeld.nl`)
	m.do("systemctl daemon-reload && systemctl restart hoofdpas")
	m.wants("grep -c hemelsblauw /proc/"+process+"/environ || true", "0")
	m.do("rm " + dropIn + " && systemctl daemon-reload && systemctl restart hoofdpas")
}

// leavesNothingOfRoot runs commands as root, while the program serves and while it
// does not: what they leave belongs to the program all the same.
func (m *machine) leavesNothingOfRoot() {
	m.t.Helper()
	const list = "hoofdpas -c /etc/hoofdpas/hoofdpas.toml staff list"
	m.do(list + " && systemctl stop hoofdpas && " + list + " && " + hoofdpas + "ledger verify && systemctl start hoofdpas")
	m.wants("find /var/lib/hoofdpas ! -user hoofdpas", "")
}

func freeAddress(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
