package main

import (
	"pinax/cmd/pinax/demo"
	"pinax/engine"
)

// demoCollection is the collection that `serve --demo` makes.
const demoCollection = "demo"

// demoProducts draws the demo catalogue.
func demoProducts() ([]engine.ItemInput, error) {
	products, err := demo.Products()
	if err != nil {
		return nil, err
	}
	items := make([]engine.ItemInput, len(products))
	for i, p := range products {
		items[i] = engine.ItemInput{ID: p.ID, Texts: p.Titles, Images: [][]byte{p.JPEG}, Attributes: p.Attributes}
	}
	return items, nil
}
