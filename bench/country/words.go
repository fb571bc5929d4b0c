package country

import "hoofdpas/internal/money"

//nolint:gochecknoglobals // tables, never written
var (
	given = []string{
		"Emma", "Julia", "Mila", "Tess", "Sophie", "Zoë", "Sara", "Nora", "Fenna", "Lotte", "Eva", "Amina", "Noah", "Sem", "Luuk",
		"Daan", "Finn", "Levi", "Mees", "Adam", "Bram", "Thijs", "Youssef", "Jesse", "Ravi", "Gijs", "Johanna", "Cornelis", "Hendrik",
		"Petra", "Kees", "Ria", "Gerard", "Anja", "Ruud", "Mehmet", "Ayşe",
	}
	family = []string{
		"Jansen", "de Jong", "van den Berg", "van Dijk", "Bakker", "Visser", "Smit", "Meijer", "Mulder", "de Boer", "Bos", "Vos",
		"Peters", "Hendriks", "Dekker", "Brouwer", "van Leeuwen", "Kok", "de Graaf", "Yılmaz", "El Idrissi", "Kowalski", "Nguyen",
		"Ramdin", "Öztürk", "van 't Hof", "Ten Brink", "Schouten", "Wiersma",
	}
	// families makes more of each family name.
	families = []string{
		"", "-Bakker", "-Visser", "-Postma", "-de Wit", "-Hoekstra", "-Kuipers", "-Prins", "-Maas", "-Blom", "-Jonker", "-Evers", "-Timmer",
		"-Scholten", "-Koster", "-Willems", "-Huisman", "-Veenstra", "-Groen", "-Martens", "-Gerritsen", "-Driessen", "-Hofman",
	}
	first = []string{
		"Het geheim van", "De terugkeer van", "Een brief voor", "De dochter van", "Het huis van", "Verhalen over", "De reis naar",
		"Atlas van", "Koken met", "De laatste dag van", "Leven met", "Kleine geschiedenis van", "De winter van",
	}
	second = []string{
		"de zee", "het eiland", "oma", "de vuurtoren", "de stad", "het noorden", "de koning", "de vrede", "de tuin", "het water",
		"de buren", "het bos", "de maan", "de molen", "de polder", "de grens", "het lied",
	}
	charges = []struct {
		kind, description string
		amount            money.Cents
	}{
		{"overdue", "Te laat teruggebracht", 20},
		{"reservation", "Reservering", 75},
		{"damage", "Vlekken", 250},
		{"administration", "Nieuwe pas", 350},
		{"lost", "Niet teruggebracht", 1495},
	}
)
