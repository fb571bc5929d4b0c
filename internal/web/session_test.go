package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hoofdpas/internal/web"
)

func TestANoticeSurvivesOneRedirectAndIsSaidOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	done := b.Get("/").Press("Doen")
	done.Wants(http.StatusOK, "Gedaan voor Sem.")
	if notice := done.Find(`main > .notice[role="status"]`); notice.Length() != 1 {
		t.Errorf("%d notices with a role", notice.Length())
	}
	b.Get("/").Lacks("Gedaan voor Sem.")
}

func TestANoticeIsNotTakenByWhoDoesNotShowIt(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.Get("/")
	resp, _ := s.ask(http.MethodGet, "/bewaar")
	session := resp.cookies[slices.IndexFunc(resp.cookies, func(c *http.Cookie) bool { return c.Name == "sessie" })]
	cookie := func(r *http.Request) { r.AddCookie(session) }
	s.ask(http.MethodHead, "/", cookie)
	s.ask(http.MethodGet, "/", cookie, func(r *http.Request) { r.Header.Set("Sec-Purpose", "prefetch") })
	if _, body := s.ask(http.MethodGet, "/", cookie); !strings.Contains(body, "Van een ander.") {
		t.Error("the notice is gone before anybody saw it")
	}
}

func TestLoggingInChangesTheTokenAndEmptiesTheSession(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	resp, _ := s.ask(http.MethodGet, "/bewaar") // somebody else sat here before
	for _, c := range resp.cookies {
		b.SetCookie(c.Name, c.Value)
	}
	before := b.Cookie("sessie")
	if before == "" {
		t.Fatal("no session")
	}
	in := b.Get("/inloggen").Press("Inloggen").WantsAt("/binnen").Wants(http.StatusOK)
	in.Lacks("Van een ander.")
	after := b.Cookie("sessie")
	if after == before {
		t.Error("the same token after logging in: who planted it is logged in too")
	}
	b.Get("/leeg").Wants(http.StatusOK, "Er is niets.")
	thief := s.browser()
	thief.SetCookie("sessie", before)
	thief.Get("/binnen").WantsAt("/inloggen")
	thief.SetCookie("sessie", "een-token-dat-ik-zelf-bedacht")
	thief.Get("/inloggen").Press("Inloggen")
	if thief.Cookie("sessie") == "een-token-dat-ik-zelf-bedacht" {
		t.Error("a made-up token became a session")
	}
	for _, token := range s.store.committed {
		if token == after || token == before {
			t.Error("the store holds tokens as they are")
		}
	}
}

func TestAnIdleSessionEndsKindlyAndActsNoMore(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	in := b.Get("/inloggen").Press("Inloggen").WantsAt("/binnen")
	const gone = "Je was te lang weg en bent uitgelogd."
	s.later(web.DefaultIdle - time.Minute)
	b.Get("/binnen").WantsAt("/binnen") // and it counts as being here
	s.later(web.DefaultIdle - time.Minute)
	b.Get("/binnen").WantsAt("/binnen")
	s.later(web.DefaultIdle + time.Second)
	late := in.Post("/binnen", nil)
	late.WantsAt("/inloggen").Wants(http.StatusOK, gone, "Er is niets veranderd.")
	if s.times() != 0 {
		t.Error("the late form was acted upon")
	}
	b.Get("/binnen").WantsAt("/inloggen").Lacks(gone) // said once

	b.Get("/inloggen").Press("Inloggen")
	s.later(web.DefaultIdle + time.Second)
	back := b.Get("/binnen?pas=3")
	back.WantsAt("/inloggen").Wants(http.StatusOK, gone)
	if got := back.URL.Query().Get("naar"); got != "/binnen?pas=3" {
		t.Errorf("after logging in it leads to %q", got)
	}
	s.later(-web.DefaultIdle)
	b.Get("/binnen").WantsAt("/inloggen") // an ended session does not come back
}

func TestAClockThatIsPutBackMakesNoSessionLonger(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.Get("/inloggen").Press("Inloggen").WantsAt("/binnen")
	s.later(-time.Hour)
	b.Get("/binnen").WantsAt("/binnen")
	s.later(web.DefaultIdle + time.Second)
	b.Get("/binnen").WantsAt("/inloggen")
}

func TestWhoNeverLoggedInIsNotToldOfBeingAway(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.browser().Get("/binnen").WantsAt("/inloggen").Lacks("te lang weg")
	s.browser().Get("/inloggen").Post("/binnen", nil).WantsAt("/inloggen").Wants(http.StatusOK, "Log opnieuw in.")
}

func TestLoggingOutEndsTheSessionForWhoeverHasItsToken(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	in := b.Get("/inloggen").Press("Inloggen")
	token := b.Cookie("sessie")
	in.Press("Uitloggen").Wants(http.StatusOK, "Je bent uitgelogd.")
	b.Get("/binnen").WantsAt("/inloggen")
	thief := s.browser()
	thief.SetCookie("sessie", token)
	thief.Get("/binnen").WantsAt("/inloggen")
}

func TestASessionThatAnotherVersionWroteIsNobodysAndLogsInAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	b.Get("/inloggen").Press("Inloggen").WantsAt("/binnen")
	sessions, err := s.store.All()
	if err != nil || len(sessions) != 1 {
		t.Fatalf("%d sessions, %v", len(sessions), err)
	}
	for token := range sessions {
		if err := s.store.MemStore.Commit(token, []byte("\x0cnot JSON"), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	b.Get("/binnen").WantsAt("/inloggen").Press("Inloggen").WantsAt("/binnen")
}
