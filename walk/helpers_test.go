package walk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestHelpersSeeWhatPeopleSee proves the helpers on a small page of its own:
// a test that cannot find what is there, or finds what is not, is worth nothing.
func TestHelpersSeeWhatPeopleSee(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!doctype html><html lang="nl"><title>Proef</title><h1>Proef</h1>
			<form method="post" action="/klaar"><label>Naam <input name="n" value="oud"></label>
			<label for="w">Wachtwoord</label><input id="w" type="password" name="w">
			<fieldset><legend>Functie</legend><label><input type="checkbox" name="f" value="a"> Verlengen</label></fieldset>
			<label><input type="radio" name="r" value="1"> Ja</label>
			<label>Soort <select name="s"><option>boek<option>spel</select></label>
			<p style="display:none">verborgen <button>Weg</button></p>
			<p id="t">De brief</p><p id="u">Het huis</p>
			<button name="b" value="brief" aria-describedby="t">Verlengen</button>
			<button name="b" value="huis" aria-describedby="u">Verlengen</button></form>
			<a href="/ergens" aria-current="page">Ergens</a>`)
	})
	mux.HandleFunc("POST /klaar", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // the test sees what is missing
		http.Redirect(w, r, "/ergens?"+r.PostForm.Encode(), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /ergens", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `<!doctype html><title>Klaar</title><p>%s</p>`, r.URL.RawQuery)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	for _, l := range []look{desktop, {width: 390, height: 844, withoutScript: true}} {
		s := &story{t: t, running: running{home: server.URL}}
		p := s.Visitor(l)
		p.Open("/")
		p.SeesHeading("Proef")
		p.SeesNot("verborgen")
		p.HasNot(aButton, "Weg")
		p.OnTab("Ergens")
		if n := p.Count(aButton, "Verlengen"); n != 2 {
			t.Errorf("%d buttons called so", n)
		}
		p.Fill("Naam", "nieuw")
		p.Fill("Wachtwoord", "geheim")
		p.Tick("Verlengen")
		p.Choose("Antwoord", "Ja")
		p.Choose("Soort", "spel")
		p.Press("Verlengen", "Het huis")
		p.At("/ergens")
		p.Answered(http.StatusAccepted)
		p.Sees("b=huis&f=a&n=nieuw&r=1&s=spel&w=geheim")
	}
}

// TestChecksFindWhatIsWrong proves the checks of TestEveryPage on a bad page.
func TestChecksFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!doctype html><title>Slecht</title><img src="data:,"><div style="width: 700px">breed</div>`)
	}))
	t.Cleanup(server.Close)
	s := &story{t: t, running: running{home: server.URL}}
	p := s.Visitor(narrow)
	p.Open("/")
	if found := strings.Join(p.violations(), "\n"); !strings.Contains(found, "image-alt") || !strings.Contains(found, "html-has-lang") {
		t.Errorf("axe-core found only:\n%s", found)
	}
	if len(p.sticksOut()) == 0 {
		t.Error("something of 700 px fits in 320")
	}
	if total, _ := p.Weight(); total < 50 || total > 1000 {
		t.Errorf("the page weighs %d bytes", total)
	}
}
