package demo

import (
	"fmt"
	"math"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Product is one thing in the shop.
type Product struct {
	ID     string            // like "women-red-floral-print-dress"
	Titles map[string]string // "title" in English and "title_zh" in Chinese

	// Attributes are type, category, colour, gender and (unless plain) style as strings, price in euros as a float64, and
	// sizes as []string where they matter.
	Attributes map[string]any

	JPEG []byte // the picture, 180 × 240 pixels
}

// Products draws the whole shop, always in the same order and with the same pictures, on all processors: about half a
// second of one.
func Products() ([]Product, error) {
	var drafts []draft
	for _, r := range assortment {
		for i, name := range r.colours {
			drafts = append(drafts, draft{rail: r, colour: name, nth: i})
		}
	}
	products := make([]Product, len(drafts))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, d := range drafts {
		g.Go(func() (err error) {
			products[i], err = d.product()
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return products, nil
}

// draft is a product before it is drawn.
type draft struct {
	rail
	colour string
	nth    int // in its rail
}

func (d draft) product() (Product, error) {
	k, title := kinds[d.kind], d.title()
	id := strings.ToLower(strings.ReplaceAll(title, " ", "-"))
	picture, err := d.picture()
	if err != nil {
		return Product{}, fmt.Errorf("encode demo picture %s: %w", id, err)
	}
	attributes := map[string]any{
		"type": d.kind, "category": k.category, "colour": d.colour, "gender": d.gender, "price": d.price(),
	}
	if d.style != "" {
		attributes["style"] = strings.ToLower(styles[d.style].en)
	}
	if k.sizes != nil {
		attributes["sizes"] = k.sizes
	}
	titles := map[string]string{"title": title, "title_zh": d.titleZh()}
	return Product{ID: id, Titles: titles, Attributes: attributes, JPEG: picture}, nil
}

// title reads like a shop's: "Women Red Floral Print Dress".
func (d draft) title() string {
	words := []string{genders[d.gender].en, capitalised(d.colour), styles[d.style].en, kinds[d.kind].name}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// titleZh is the same in Chinese: "女士红色印花连衣裙".
func (d draft) titleZh() string {
	return genders[d.gender].zh + colours[d.colour].zh + styles[d.style].zh + kinds[d.kind].zh
}

func capitalised(words string) string {
	parts := strings.Fields(words)
	for i, w := range parts {
		parts[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(parts, " ")
}

// price varies a little along a rail, and a style costs a quarter more.
func (d draft) price() float64 {
	p := kinds[d.kind].price + 2*float64(d.nth)
	if d.style != "" {
		p += math.Round(kinds[d.kind].price / 4)
	}
	return math.Round(p*100) / 100
}

func (d draft) picture() ([]byte, error) {
	c := newCanvas()
	kinds[d.kind].draw(c, d.look())
	return c.jpeg()
}

func (d draft) look() look {
	col := colours[d.colour]
	l := look{
		style: d.style, colour: col.rgb, accent: hex(col.accent), fabric: plain(col.rgb),
		women: d.gender == "women", model: model(d.nth, d.gender),
		above: aboves[d.nth%len(aboves)], below: belows[d.nth%len(belows)],
	}
	if fabric := styles[d.style].fabric; fabric != nil {
		l.fabric = fabric(l.colour, l.accent)
	}
	return l
}
