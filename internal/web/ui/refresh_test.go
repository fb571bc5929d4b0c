package ui_test

import (
	"strings"
	"testing"

	"hoofdpas/internal/web/ui"
)

func TestAPageGoesOnByItselfToAnAddressOnly(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]*ui.Refresh{
		"": nil,
		`<meta http-equiv="refresh" content="5">`:                                      {Seconds: 5},
		`<meta http-equiv="refresh" content="0;url=https://bank.example/a?b=1&amp;c">`: {Href: "https://bank.example/a?b=1&c"},
		`<meta http-equiv="refresh" content="0;url=about:invalid#Templ`:                {Href: "javascript:alert(1)"},
	} {
		var page strings.Builder
		if err := ui.Document(ui.Frame{Refresh: r}, ui.Text("")).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(page.String(), want) || strings.Contains(page.String(), "refresh") != (r != nil) {
			t.Errorf("no %s in\n%s", want, page.String())
		}
	}
}
