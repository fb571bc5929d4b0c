package walk

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// shotsFolder tells TestScreenshots where to put its pictures; `make shots`
// sets it.
const shotsFolder = "HOOFDPAS_SHOTS"

// TestScreenshots takes the pictures of the README, of a household as it looks
// after the help page has been followed.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv(shotsFolder)
	if folder == "" {
		t.Logf("only %s asks for pictures", shotsFolder)
		return
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	s := tell(t)
	first := s.Visitor(desktop)
	first.shoot(folder, "inloggen", "/inloggen")
	s.household(first)
	for _, l := range []look{desktop, phone} {
		p := s.Visitor(l)
		p.LogIn(marieke.number, theSame)
		p.shoot(folder, "mijn-bibliotheek", "/")
		p.shoot(folder, "menu", "/menu")
		p.shoot(folder, "relaties", "/relaties")
		p.shoot(folder, "mijn-gegevens", "/mijn-gegevens")
		p.shoot(folder, "betalen-samen", "/betalen/samen")
		p.Open("/geleend")
		p.Follow(sem.name)
		p.shoot(folder, "geleend", "")
	}
	desk := s.Visitor(desktop)
	desk.LogInAtDesk()
	desk.OpenTill("100")
	desk.FindCard(marieke.number)
	desk.shoot(folder, "balie", "")
	desk.shoot(folder, "balie-kas", "/balie/kas")
}

// household links Marieke with her children and their grandfather, as on the
// help page.
func (s *story) household(mother *page) {
	s.t.Helper()
	mother.LogInFirst(marieke)
	for _, who := range []person{sem, noor, willem} {
		mother.Open("/relaties")
		mother.Request(who, askToAct, "Verlengen", "Betalen")
		other := s.Visitor(phone)
		other.LogInFirst(who)
		other.Open("/relaties")
		other.Press("Bevestigen")
		other.Press("Bevestigen")
	}
}

// shoot takes a picture of a page, "" for the one that is open.
func (p *page) shoot(folder, name, path string) {
	p.story.t.Helper()
	if path != "" {
		p.Open(path)
	}
	picture := ask(p, "take a picture", chromedp.FullScreenshot(100))
	file := filepath.Join(folder, name+"-"+p.look.name+".png")
	if err := os.WriteFile(file, smaller(picture), 0o644); err != nil {
		p.fail("keep the picture: %v", err)
	}
}

// smaller writes a picture of a page with at most 256 colours, which is all
// that text on paper needs and a third of the bytes.
func smaller(picture []byte) []byte {
	full, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return picture
	}
	bounds := full.Bounds()
	counts := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA {
		r, g, b, _ := full.At(x, y).RGBA()
		return color.RGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: 255}
	}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	colors := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		colors = append(colors, c)
	}
	slices.SortFunc(colors, func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	palette := make(color.Palette, 0, 256)
	for _, c := range colors[:min(len(colors), cap(palette))] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	for _, c := range colors {
		nearest[c] = uint8(palette.Index(c))
	}
	small := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			small.SetColorIndex(x, y, nearest[at(x, y)])
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, small); err != nil {
		return picture
	}
	return out.Bytes()
}
