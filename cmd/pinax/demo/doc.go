// Package demo is a small shop: some 150 product pictures with titles and attributes in English and Chinese, drawn by
// its own code, so that a new installation has something to search at once, offline and free of anybody's rights.
//
//	products, err := demo.Products()
//	for _, p := range products {
//		fmt.Println(p.ID, p.Titles["title"], len(p.JPEG)) // women-red-floral-print-dress Women Red Floral Print Dress 6021
//	}
//
// The assortment is a table (assortment.go) of kinds, styles and colours. A kind of product is a function that draws it
// on a canvas, from SVG path data filled with a fabric and modelled with soft shading.
package demo
