package paia

// Methods are the scopes of every method, by its verb and pattern.
func Methods() map[string]string {
	all := map[string]string{}
	for _, m := range (&api{}).methods() {
		all[m.verb+" "+m.pattern] = scopes(m.scopes)
	}
	return all
}
