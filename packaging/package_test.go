package packaging

import (
	"debug/buildinfo"
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// candidate is a version as git describe names a commit after a release candidate;
// commit is that commit.
const (
	candidate = "v1.2.0-rc.1-5-g1a2b3c4"
	commit    = "1a2b3c4d5e6f"
)

// run runs a program in a folder and returns what it said, or fails.
func run(t *testing.T, folder, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = folder
	c.Env = append(os.Environ(), "MAKEFLAGS=", "LC_ALL=C.UTF-8") // a make around this test is none of theirs
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// build makes the package of a source tree, with a version as git describe has it.
func build(t *testing.T, tree, arch, version string) string {
	t.Helper()
	// go test remembers which files a test looked at, and runs it again when one
	// changed. The compiler is another process, so look here.
	for _, folder := range []string{"../cmd", "../internal", "../packaging", "../scripts", "../docs", "../go.mod", "../Makefile"} {
		_ = filepath.WalkDir(folder, func(string, fs.DirEntry, error) error { return nil })
	}
	to := t.TempDir()
	run(t, tree, "make", "package-"+arch, "PACKAGES="+to, "VERSION="+version, "COMMIT="+commit)
	made, err := filepath.Glob(filepath.Join(to, "*.deb"))
	if err != nil || len(made) != 1 {
		t.Fatalf("there is not one package but %v (%v)", made, err)
	}
	return made[0]
}

func TestThePackageHoldsWhatItShould(t *testing.T) {
	t.Parallel()
	deb := build(t, "..", runtime.GOARCH, candidate)
	root := t.TempDir()
	run(t, ".", "dpkg-deb", "--raw-extract", deb, root)

	t.Run("files", func(t *testing.T) { t.Parallel(); lookAtFiles(t, root) })
	t.Run("program", func(t *testing.T) { t.Parallel(); lookAtProgram(t, filepath.Join(root, "usr/bin/hoofdpas")) })
	t.Run("unit", func(t *testing.T) { t.Parallel(); lookAtUnit(t, root) })
	t.Run("version", func(t *testing.T) {
		t.Parallel()
		version := strings.TrimSpace(run(t, ".", "dpkg-deb", "--field", deb, "Version"))
		if version != "1.2.0~rc.1+5.g1a2b3c4" {
			t.Errorf("the version is %s", version)
		}
		run(t, ".", "dpkg", "--compare-versions", version, "lt", "1.2.0")
	})
}

func lookAtFiles(t *testing.T, root string) {
	t.Helper()
	for path, mode := range map[string]fs.FileMode{
		"usr/bin/hoofdpas": 0o755, "usr/lib/systemd/system/hoofdpas.service": 0o644, "usr/lib/sysusers.d/hoofdpas.conf": 0o644,
		"etc/hoofdpas": fs.ModeDir | 0o750, "etc/hoofdpas/hoofdpas.toml": 0o644,
		"usr/share/doc/hoofdpas/copyright": 0o644, "usr/share/doc/hoofdpas/LICENSE.md": 0o644,
		"usr/share/doc/hoofdpas/docs/it/install.md": 0o644, "usr/share/doc/hoofdpas/docs/it/upgrade.md": 0o644,
		"DEBIAN/postinst": 0o755, "DEBIAN/prerm": 0o755, "DEBIAN/postrm": 0o755,
	} {
		info, err := os.Stat(filepath.Join(root, path))
		if err != nil {
			t.Error(err)
		} else if info.Mode() != mode {
			t.Errorf("%s has mode %s, want %s", path, info.Mode(), mode)
		}
	}
	if diff := cmp.Diff("/etc/hoofdpas/hoofdpas.toml\n", read(t, root, "DEBIAN/conffiles")); diff != "" {
		t.Errorf("what an upgrade leaves to the operator: %s", diff)
	}
	notices := read(t, root, "usr/share/doc/hoofdpas/NOTICES")
	for _, part := range []string{"=== Go go1.", "=== modernc.org/sqlite v", "=== github.com/BurntSushi/toml v", "=== literata", "SIL OPEN FONT LICENSE"} {
		if !strings.Contains(notices, part) {
			t.Errorf("the licences lack %q", part)
		}
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		run(t, root, "sh", "-n", "DEBIAN/"+script)
	}
	// Every key is one that the program knows, and its value one that it takes.
	run(t, root, "usr/bin/hoofdpas", "-c", "etc/hoofdpas/hoofdpas.toml", "config")
}

// lookAtProgram checks that it is static, tells its version and commit, and holds
// no path of the machine that built it.
func lookAtProgram(t *testing.T, program string) {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program is not static: it has a %s", p.Type)
		}
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	built := map[string]string{}
	for _, s := range info.Settings {
		built[s.Key] = s.Value
	}
	if built["CGO_ENABLED"] != "0" || built["-trimpath"] != "true" || built["vcs.revision"] == "" {
		t.Errorf("built with %v", built)
	}
	said := run(t, ".", program, "version")
	if !strings.HasPrefix(said, "hoofdpas "+candidate+", commit "+commit+",") {
		t.Errorf("the program says it is %s", said)
	}
}

// lookAtUnit has systemd read the unit, and count how much of the machine a
// program that was taken over could reach: 0 is nothing, 10 everything.
func lookAtUnit(t *testing.T, root string) {
	t.Helper()
	const most = "15" // 1.5
	unit := filepath.Join(root, "usr/lib/systemd/system/hoofdpas.service")
	run(t, ".", "systemd-analyze", "security", "--offline=true", "--threshold="+most, unit)

	here := strings.ReplaceAll(read(t, root, "usr/lib/systemd/system/hoofdpas.service"), "/usr/bin/", root+"/usr/bin/")
	if err := os.WriteFile(unit, []byte(here), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := run(t, ".", "systemd-analyze", "verify", "--man=no", unit); said != "" {
		t.Errorf("systemd says of the unit: %s", said)
	}
}

func read(t *testing.T, root, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
