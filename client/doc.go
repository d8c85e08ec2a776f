// Package client is the typed Go client of the HTTP contract.
//
//	c, err := client.New("http://127.0.0.1:7740")
//	stored, err := c.PutItem(ctx, "shop", "sku-1", client.Item{Texts: map[string]string{"title": "Red dress"}})
//	result, err := c.Search(ctx, "shop", client.Search{Query: []client.Part{{Text: "red dress"}}, Limit: 10})
//
// Calls that may be repeated without harm are repeated when the server is busy or cannot be reached.
package client
