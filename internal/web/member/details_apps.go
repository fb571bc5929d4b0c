package member

import (
	"context"
	"strconv"

	"hoofdpas/internal/account"
	"hoofdpas/internal/text"
	"hoofdpas/internal/web"
	"hoofdpas/internal/web/ui"
)

// appsPage is GET /mijn-gegevens/apps, *Apps*: who is logged in with the card
// besides a browser, since when and for what. The library that opens no door to
// apps has no such page.
type appsPage struct {
	T    *text.Printer
	Rows []appRow
}

// appRow is one app. Its name is what it calls itself.
type appRow struct {
	ID, Name string
	Facts    []ui.Fact
	May      []string
	Stop     ui.Post
}

func (p *pages) showApps(ctx context.Context, r *web.Request) (web.Response, error) {
	all, err := p.Apps.List(ctx, r.Me)
	if err != nil {
		return web.Response{}, err
	}
	page := appsPage{T: r.Text}
	for _, g := range all {
		page.Rows = append(page.Rows, appRowOf(r, g))
	}
	return web.Show(web.Page{Title: r.Text.T("member.apps"), Body: appsView(page), Section: detailsAt}), nil
}

func appRowOf(r *web.Request, g account.Grant) appRow {
	t, id := r.Text, strconv.FormatInt(int64(g.ID), 10)
	row := appRow{ID: "app-" + id, Name: g.App}
	if row.Name == "" {
		row.Name = t.T("member.app_nameless")
	}
	row.Facts = []ui.Fact{
		{Label: t.T("member.app_since"), Value: t.Moment(g.BegunAt)},
		{Label: t.T("member.app_used"), Value: t.Moment(g.UsedAt)},
	}
	for _, s := range g.Scopes {
		row.May = append(row.May, t.T("member.app_"+string(s)))
	}
	row.Stop = ui.Post{
		Action: appsAt + "/" + id + "/stoppen", CSRF: r.Token(),
		Button: ui.Press{Label: t.T("member.app_stop"), Variant: ui.Danger, DescribedBy: row.ID},
	}
	return row
}
