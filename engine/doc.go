// Package engine is the domain of Pinax: collections of items whose pictures and texts are encoded into one space, and
// the searches over them. It knows no HTTP, no database and no model runtime; it declares the interfaces that it needs
// ([Encoder], [Backend]) and other packages implement them.
//
//	e, err := engine.New(backend, encoders, engine.DefaultOptions())
//	stored, err := e.Upsert(ctx, "shop", engine.ItemInput{ID: "sku-1", Texts: map[string]string{"title": "Red dress"}})
//	page, err := e.Search(ctx, "shop", engine.Query{Parts: []engine.Part{{Text: "red dress", Weight: 1}}})
package engine
