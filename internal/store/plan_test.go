package store_test

import (
	"regexp"
	"testing"

	"hoofdpas/internal/store"
	"hoofdpas/internal/store/storetest"
)

// manyOfEach fills the tables that grow, so that PostgreSQL, which rightly reads
// a small table whole, has a reason to use an index.
var manyOfEach = []struct{ into, values, where string }{
	{
		`cards (id, number, name, sort_name, user_name, user_name_key, closed_at_ms)`,
		`i, 'n' || i, 'Name', 'name', 'u' || i, 'u' || i, CASE WHEN i % 500 = 0 THEN i END`, ``,
	},
	{`devices (card_id, token_hash, seen_at_ms)`, `i, 'd' || i, i`, ``},
	{
		`app_grants (id, card_id, epoch, app, scopes, family_hash, refresh_hash, access_hash, access_ends_at_ms,
			begun_at_ms, used_at_ms, ends_at_ms)`,
		`i, 1 + (i * 7) % 4000, 0, '', '', 'f' || i, 'r' || i, 'a' || i, i, i, i, i`, ``,
	},
	{`staff_acts (at_ms, staff, card_id, act, detail)`, `i, 'Bas', i, 'find', ''`, ``},
	{`sessions (face, token, data, expires_at_ms)`, `'leden', 't' || i, '', i`, ``},
	{`buckets (name, attempts, last_at_ms)`, `'b' || i, 1, i`, ``},
	{
		`mandates (id, scope, starter, starter_id, grantor_id, grantee_id, typed, state, requested_at_ms, answer_by_ms, until)`,
		`i, 'renew', 'grantee', i, 1 + (i * 7) % 4000, i, 'n',
			CASE i % 3 WHEN 0 THEN 'active' WHEN 1 THEN 'requested' ELSE 'ended' END, i, i, '2026-11-24'`,
		`WHERE 1 + (i * 7) % 4000 <> i`,
	},
	{
		`mandate_log (at_ms, deed, actor_id, staff, scope, card_id, other_id, typed, starter, confirmed, items, amount)`,
		`i, 'paid', i, '', 'pay', 1 + (i * 7) % 4000, i, '', '', TRUE, 1, 1`, ``,
	},
	{
		`shifts (id, branch, desk, opened_by, opened_at_ms, opening_expected, opening_counted, closed_at_ms)`,
		`i, 'b' || i % 40, 'd' || i % 80, 'Bas', i, 1, 1, i`, ``,
	},
	{`movements (shift_id, kind, amount, reason, staff, at_ms, form_key)`, `i, 'cash_in', 1, 'x', 'Bas', i, 'm' || i`, ``},
	{
		`payments (id, payer_id, staff, means, provider, ref, form_key, state, total, started_at_ms, expires_at_ms, shift_id)`,
		`i, i, CASE WHEN i % 2 = 0 THEN 'Bas' || i ELSE '' END, 'online', 'testbank', 'r' || i, 'k' || i,
			CASE WHEN i % 2 = 0 THEN 'open' ELSE 'paid' END, 1, i, i, CASE WHEN i % 2 = 0 THEN i END`, ``,
	},
	{
		`refunds (id, payment_id, means, provider, reason, amount, state, order_key, shift_id, requested_at_ms)`,
		`i, i, 'cash', '', 'staff', 1, 'done', '', i, i`, ``,
	},
	{
		`payment_fees (payment_id, line, card_id, fee, kind, description, amount, holding)`,
		`i, 0, i, 'f' || i, 'overdue', '', 1, TRUE`, ``,
	},
	{`postings (id, payment_id, from_account, to_account, amount, why, at_ms, hash)`, `i, i, 'a', 'b', 1, 'paid', i, ''`, ``},
	{`receipts (branch, year, no, payment_id)`, `'Online', 2026, i, i`, ``},
	{
		`library_cards (number, name, words, birth_date, email, category, branch, expires_on, blocked)`,
		`'n' || i, 'Name', ' name', '', '', '', '', '', FALSE`, ``,
	},
	{
		`library_loans (id, card_number, item, title, author, material, lent_on, due_on, renewals, reserved, file_due_on, file_renewals)`,
		`'l' || i, 'n' || i, 'b' || i, '', '', '', '2026-11-01', '2026-11-22', 0, FALSE, '2026-11-22', 0`, ``,
	},
	{
		`library_fees (id, card_number, kind, description, amount, charged_on, item, imported)`,
		`'overdue/l' || i || '/2026-11-22/0', 'n' || i, 'overdue', '', 1, '2026-11-23', 'b' || i, FALSE`, ``,
	},
}

// scans of a table from one end to the other. SQLite's c, t and w are the parts
// of a query over several lists, at most a page each; few are the indexes that
// hold only the rows that something is still to be done about.
var (
	sqliteScans   = regexp.MustCompile(`(?m)^SCAN (?:[^ctw\n]|[ctw][^\n]).*$`)
	few           = regexp.MustCompile(`^SCAN \w+ USING (COVERING )?INDEX (cards_closed|payments_open|refunds_under_way|findings_open|shifts_open)$`)
	postgresScans = regexp.MustCompile(`(?m)^.*Seq Scan on (cards|devices|app_grants|staff_acts|sessions|buckets|mandates|mandate_log|shifts|movements|refunds|payments|payment_fees|postings|receipts|library_loans|library_fees)\b.*$`)
)

func TestQueriesOnTablesThatGrowAreAnsweredFromAnIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, f := range manyOfEach {
			must(t, s.Run(t.Context(), `INSERT INTO `+f.into+` WITH RECURSIVE n (i) AS (
				SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) SELECT `+f.values+` FROM n `+f.where))
		}
		if s.IsPostgres() {
			must(t, s.Run(t.Context(), `ANALYZE`)) // autovacuum does, where it runs
		}
		for name, query := range store.HotQueries {
			if steps, plan := scansOf(t, s, query); len(steps) > 0 {
				t.Errorf("%s: %q, in\n%s", name, steps, plan)
			}
		}
		if steps, plan := scansOf(t, s, `SELECT id FROM cards WHERE name = $1`); len(steps) != 1 {
			t.Errorf("this test sees no scan in\n%s", plan)
		}
	})
}

func scansOf(t testing.TB, s *store.Store, query string) (steps []string, plan string) {
	t.Helper()
	plan, err := s.Plan(t.Context(), query)
	must(t, err)
	scans := sqliteScans
	if s.IsPostgres() {
		scans = postgresScans
	}
	for _, step := range scans.FindAllString(plan, -1) {
		if !few.MatchString(step) {
			steps = append(steps, step)
		}
	}
	return steps, plan
}
