package paia

// Methods are the verb and pattern of every method.
func Methods() (all []string) {
	for _, m := range (&api{}).methods() {
		all = append(all, m.verb+" "+m.pattern)
	}
	return all
}
