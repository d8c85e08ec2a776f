package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Ready returns nil when the server serves requests, else why not.
func (c *Client) Ready(ctx context.Context) error {
	return c.do(ctx, request{method: http.MethodGet, path: "/readyz"}, nil)
}

// CreateCollection makes an empty collection; an *Error with code already_exists when the name is taken.
func (c *Client) CreateCollection(ctx context.Context, in NewCollection) (Collection, error) {
	var out Collection
	r, err := jsonRequest(http.MethodPost, "/v1/collections", in)
	if err != nil {
		return out, err
	}
	return out, c.do(ctx, r, &out)
}

// Collections reads one page of the collections, by name. Tokens and sizes are those of Items.
func (c *Client) Collections(ctx context.Context, token string, size int) (collections []Collection, next string, err error) {
	var out struct {
		Collections   []Collection `json:"collections"`
		NextPageToken string       `json:"next_page_token"`
	}
	err = c.do(ctx, request{method: http.MethodGet, path: "/v1/collections?" + pageQuery(token, size)}, &out)
	return out.Collections, out.NextPageToken, err
}

// Stats tells what all collections hold, and how much memory there is.
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	var out Stats
	return out, c.do(ctx, request{method: http.MethodGet, path: "/v1/stats"}, &out)
}

// Encoders describes the installed encoders, the default first.
func (c *Client) Encoders(ctx context.Context) ([]Encoder, error) {
	var out struct {
		Encoders []Encoder `json:"encoders"`
	}
	return out.Encoders, c.do(ctx, request{method: http.MethodGet, path: "/v1/encoders"}, &out)
}

// Collection describes a collection; an *Error with code not_found when there is none.
func (c *Client) Collection(ctx context.Context, name string) (Collection, error) {
	var out Collection
	return out, c.do(ctx, request{method: http.MethodGet, path: collectionPath(name)}, &out)
}

// DropCollection removes a collection with everything in it.
func (c *Client) DropCollection(ctx context.Context, name string) error {
	// Not repeated: after a lost answer the second attempt would find nothing to drop.
	return c.do(ctx, request{method: http.MethodDelete, path: collectionPath(name), once: true}, nil)
}

// CreateItem stores an item under an id that the server makes. It is not repeated: that could store it twice.
func (c *Client) CreateItem(ctx context.Context, collection string, item Item) (StoredItem, error) {
	return c.write(ctx, http.MethodPost, collectionPath(collection)+"/items", item)
}

// PutItem stores an item, replacing one with the same id. It is durable and searchable when the call returns.
func (c *Client) PutItem(ctx context.Context, collection, id string, item Item) (StoredItem, error) {
	return c.write(ctx, http.MethodPut, itemPath(collection, id), item)
}

// PatchItem changes texts and attributes of a stored item. An *Error with code not_found when there is none.
func (c *Client) PatchItem(ctx context.Context, collection, id string, patch Patch) (StoredItem, error) {
	var out StoredItem
	r, err := jsonRequest(http.MethodPatch, itemPath(collection, id), patch)
	if err != nil {
		return out, err
	}
	return out, c.do(ctx, r, &out)
}

// write sends an item with its pictures.
func (c *Client) write(ctx context.Context, method, path string, item Item) (StoredItem, error) {
	var images [][]byte
	document := item.document("", &images)
	var out StoredItem
	r, err := multipartRequest(method, path, "item", document, images)
	if err != nil {
		return out, err
	}
	return out, c.do(ctx, r, &out)
}

// PutItems stores up to 1000 items under their ids, each with an outcome of its own, in order. All that were stored are
// durable and searchable when the call returns.
func (c *Client) PutItems(ctx context.Context, collection string, ids []string, items []Item) ([]BatchResult, error) {
	var images [][]byte
	document := struct {
		Items []itemDocument `json:"items"`
	}{make([]itemDocument, len(items))}
	for i, item := range items {
		document.Items[i] = item.document(ids[i], &images)
	}
	var out struct {
		Results []BatchResult `json:"results"`
	}
	r, err := multipartRequest(http.MethodPost, collectionPath(collection)+"/batch", "batch", document, images)
	if err != nil {
		return nil, err
	}
	r.once = false // storing the same items again changes nothing
	return out.Results, c.do(ctx, r, &out)
}

// itemDocument is an item as the contract wants it.
type itemDocument struct {
	ID string `json:"id,omitempty"`
	Item
	Images []imageDocument `json:"images,omitempty"`
	Video  *imageDocument  `json:"video,omitempty"`
}

type imageDocument struct {
	Part string `json:"part"`
}

// document lays an item out and appends its pictures and its clip to what goes along.
func (item Item) document(id string, images *[][]byte) itemDocument {
	d := itemDocument{ID: id, Item: item}
	for _, image := range item.Images {
		d.Images = append(d.Images, imageDocument{imagePart(len(*images))})
		*images = append(*images, image)
	}
	if item.Video != nil {
		d.Video = &imageDocument{imagePart(len(*images))}
		*images = append(*images, item.Video)
	}
	return d
}

// Item reads an item, with its vectors if asked.
func (c *Client) Item(ctx context.Context, collection, id string, vectors bool) (StoredItem, error) {
	var out StoredItem
	path := itemPath(collection, id)
	if vectors {
		path += "?vectors=true"
	}
	return out, c.do(ctx, request{method: http.MethodGet, path: path}, &out)
}

// DeleteItem removes an item; a missing one is no error.
func (c *Client) DeleteItem(ctx context.Context, collection, id string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: itemPath(collection, id)}, nil)
}

// Items reads one page of a collection, by id. Pass the token of the page before, "" for the first; an empty next token
// means the end. size 0: the server's default.
func (c *Client) Items(ctx context.Context, collection, token string, size int) (items []StoredItem, next string, err error) {
	var out struct {
		Items         []StoredItem `json:"items"`
		NextPageToken string       `json:"next_page_token"`
	}
	path := collectionPath(collection) + "/items?" + pageQuery(token, size)
	err = c.do(ctx, request{method: http.MethodGet, path: path}, &out)
	return out.Items, out.NextPageToken, err
}

func pageQuery(token string, size int) string {
	query := url.Values{"page_token": {token}}
	if size > 0 {
		query.Set("page_size", strconv.Itoa(size))
	}
	return query.Encode()
}

// Image reads a stored picture: its bytes as uploaded, or a thumbnail.
func (c *Client) Image(ctx context.Context, image StoredImage, thumbnail bool) ([]byte, error) {
	path := image.URL
	if thumbnail {
		path += "?size=thumb"
	}
	return c.bytes(ctx, request{method: http.MethodGet, path: path})
}

// Search finds items.
func (c *Client) Search(ctx context.Context, collection string, s Search) (Result, error) {
	document, images := s.document()
	var out Result
	r, err := jsonRequest(http.MethodPost, collectionPath(collection)+"/search", document)
	if len(images) > 0 {
		r, err = multipartRequest(http.MethodPost, collectionPath(collection)+"/search", "search", document, images)
	}
	if err != nil {
		return out, err
	}
	r.once = false // it changes nothing
	return out, c.do(ctx, r, &out)
}

// document lays a search out as the contract wants it, and returns its pictures beside it.
func (s Search) document() (document any, images [][]byte) {
	type part struct {
		Text   string            `json:"text,omitempty"`
		Image  map[string]string `json:"image,omitempty"`
		Item   string            `json:"item,omitempty"`
		Vector []float32         `json:"vector,omitempty"`
		Weight *float64          `json:"weight,omitempty"`
	}
	parts := make([]part, len(s.Query))
	for i, p := range s.Query {
		parts[i] = part{Text: p.Text, Item: p.Item, Vector: p.Vector}
		if p.Weight != 0 {
			parts[i].Weight = &p.Weight
		}
		if p.Image != nil {
			parts[i].Image = map[string]string{"part": imagePart(len(images))}
			images = append(images, p.Image)
		}
	}
	return struct {
		Query  []part  `json:"query"`
		Target string  `json:"target,omitempty"`
		Limit  int     `json:"limit,omitempty"`
		Ef     int     `json:"ef,omitempty"`
		Recall float32 `json:"recall,omitempty"`
		Exact  bool    `json:"exact,omitempty"`
	}{parts, s.Target, s.Limit, s.Ef, s.Recall, s.Exact}, images
}

// Embed encodes texts and pictures without storing anything.
func (c *Client) Embed(ctx context.Context, texts []string, images [][]byte) (Embedded, error) {
	document := struct {
		Texts  []string        `json:"texts,omitempty"`
		Images []imageDocument `json:"images,omitempty"`
	}{Texts: texts}
	for i := range images {
		document.Images = append(document.Images, imageDocument{imagePart(i)})
	}
	var out Embedded
	r, err := multipartRequest(http.MethodPost, "/v1/embed", "embed", document, images)
	if err != nil {
		return out, err
	}
	r.once = false // it changes nothing
	return out, c.do(ctx, r, &out)
}

func collectionPath(name string) string { return "/v1/collections/" + url.PathEscape(name) }

func itemPath(collection, id string) string {
	return collectionPath(collection) + "/items/" + url.PathEscape(id)
}
