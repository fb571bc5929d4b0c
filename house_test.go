// Package hoofdpas holds nothing but this test: the plan of the house. It fails
// on a room that is not in the plan, on an import that the plan does not allow,
// and where a room uses a part of the world that it has no door to.
package hoofdpas

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A door is a part of the world outside that a room may use.
type door string

const (
	sqlDoor   door = "database"
	httpDoor  door = "HTTP"
	netDoor   door = "network"
	filesDoor door = "files"
	clockDoor door = "clock"
)

// behind lists the packages behind each door. A package ending in a slash
// stands for all below it.
var behind = map[door][]string{
	sqlDoor:   {"database/sql", "github.com/jackc/", "modernc.org/", "github.com/pressly/", "github.com/riverqueue/"},
	httpDoor:  {"net/http", "github.com/alexedwards/scs/", "github.com/justinas/nosurf"},
	netDoor:   {"net", "net/smtp", "github.com/wneessen/go-mail"},
	filesDoor: {"os", "os/exec", "syscall"},
}

// A room is one package: which of ours it may import, and its doors. "domain"
// and "ground" stand for all rooms of that kind.
type room struct {
	kind  string
	may   string
	doors []door
}

var plan = map[string]room{
	"internal/money":                 {"ground", "", nil},
	"internal/calendar":              {"ground", "", nil},
	"internal/calendar/calendartest": {"test", "", nil},
	"internal/problem":               {"ground", "", nil},
	"internal/throttle":              {"ground", "", nil},
	"internal/request":               {"ground", "", []door{httpDoor}},
	"internal/card":                  {"ground", "calendar problem", nil},

	"internal/mandate":     {"domain", "card calendar money problem throttle", nil},
	"internal/account":     {"domain", "card calendar problem throttle", nil},
	"internal/circulation": {"domain", "mandate card money calendar problem", nil},
	"internal/ledger":      {"domain", "money", nil},
	"internal/payment":     {"domain", "circulation mandate ledger money card calendar problem", nil},
	"internal/till":        {"domain", "payment ledger money card calendar problem", nil},
	"internal/household":   {"domain", "mandate circulation payment card money problem", nil},

	"internal/password":                   {"adapter", "account", nil},
	"internal/store":                      {"adapter", "ground domain library/builtin exchange", []door{sqlDoor, filesDoor, netDoor}},
	"internal/store/storetest":            {"test", "ground domain store", []door{sqlDoor, filesDoor, netDoor, clockDoor}},
	"internal/library/builtin":            {"adapter", "ground circulation account", nil},
	"internal/library/guard":              {"adapter", "ground circulation account", nil},
	"internal/sip2/sip2test":              {"test", "", []door{netDoor, filesDoor}},
	"internal/sip2":                       {"adapter", "", []door{netDoor}},
	"internal/library/sip":                {"adapter", "ground circulation account sip2", []door{filesDoor}},
	"internal/library/acs":                {"adapter", "ground circulation account sip2", []door{netDoor}},
	"internal/library/librarytest":        {"test", "ground circulation account", nil},
	"internal/library/koha":               {"adapter", "ground circulation account", []door{httpDoor}},
	"internal/library/koha/kohatest":      {"test", "ground circulation library/librarytest", []door{httpDoor, clockDoor}},
	"internal/provider/testbank":          {"adapter", "payment money problem text", []door{httpDoor}},
	"internal/provider/mollie":            {"adapter", "payment money problem", []door{httpDoor}},
	"internal/provider/stripe":            {"adapter", "payment money problem", []door{httpDoor}},
	"internal/provider/stripe/stripetest": {"test", "money", []door{httpDoor, clockDoor}},
	"internal/provider/providertest":      {"test", "payment money problem", []door{httpDoor, clockDoor}},
	"internal/mail":                       {"adapter", "", []door{netDoor}},
	"internal/watch":                      {"adapter", "mandate payment problem library/guard store", []door{httpDoor, sqlDoor}},
	"internal/provider/mollie/mollietest": {"test", "money", []door{httpDoor, clockDoor}},
	"internal/exchange":                   {"adapter", "ground circulation account library/builtin", []door{filesDoor}},
	"internal/text":                       {"adapter", "money calendar problem", nil},
	"internal/demo":                       {"adapter", "money calendar", nil},

	"internal/kiosk":       {"face", "ground domain sip2 text", []door{netDoor}},
	"internal/web":         {"face", "account card calendar problem request text throttle web/ui", []door{httpDoor, netDoor}},
	"internal/web/ui":      {"face", "", []door{httpDoor}},
	"internal/web/member":  {"face", "ground domain text web web/ui", []door{httpDoor}},
	"internal/web/desk":    {"face", "ground domain text web web/ui", []door{httpDoor}},
	"internal/web/webtest": {"test", "", []door{httpDoor}},
	"internal/paia":        {"face", "ground domain text", []door{httpDoor, netDoor}},
	"internal/web/hook":    {"face", "payment problem request", []door{httpDoor}},
	"internal/job":         {"face", "ground domain mail text", []door{sqlDoor}},

	"internal/config": {"top", "ground library/builtin library/sip sip2 payment till mail", []door{filesDoor, netDoor}},
	"internal/app":    {"top", "*", []door{httpDoor, netDoor, filesDoor, clockDoor}},
	"cmd/hoofdpas":    {"top", "*", []door{httpDoor, netDoor, filesDoor, clockDoor}},
}

func TestTheHouseIsAsPlanned(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || (strings.HasPrefix(d.Name(), ".") && path != ".")) {
			return filepath.SkipDir
		}
		name := filepath.ToSlash(filepath.Dir(path))
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			(!strings.HasPrefix(name, "internal") && !strings.HasPrefix(name, "cmd")) {
			return nil
		}
		seen[name] = true
		checkFile(t, path, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range plan {
		if !seen[name] {
			t.Errorf("the plan has a room %s that does not exist", name)
		}
	}
}

func checkFile(t *testing.T, path, name string) {
	t.Helper()
	r, ok := plan[name]
	if !ok {
		t.Errorf("%s: room %s is not in the plan", path, name)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, imported := range file.Imports {
		target, err := strconv.Unquote(imported.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if ours, ok := strings.CutPrefix(target, "hoofdpas/"); ok {
			if !r.mayImport(ours) {
				t.Errorf("%s: room %s may not import %s", path, name, ours)
			}
			continue
		}
		for d, packages := range behind {
			if slices.ContainsFunc(packages, func(p string) bool { return opens(p, target) }) && !slices.Contains(r.doors, d) {
				t.Errorf("%s: room %s has no door to the %s, but imports %s", path, name, d, target)
			}
		}
	}
	if !slices.Contains(r.doors, clockDoor) && readsClock(file) {
		t.Errorf("%s: room %s reads the clock; take now func() time.Time", path, name)
	}
}

func opens(pattern, target string) bool {
	return pattern == target || (strings.HasSuffix(pattern, "/") && strings.HasPrefix(target+"/", pattern))
}

func (r room) mayImport(target string) bool {
	for _, word := range strings.Fields(r.may) {
		if word == "*" || "internal/"+word == target || plan[target].kind == word {
			return true
		}
	}
	return false
}

// readsClock reports whether the file asks the machine what time it is.
func readsClock(file *ast.File) bool {
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			pkg, ok := sel.X.(*ast.Ident)
			found = found || ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name)
		}
		return true
	})
	return found
}
