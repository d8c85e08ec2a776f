package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

type itemRequest struct {
	ID         *string                         `json:"id"`
	Texts      map[string]string               `json:"texts"`
	Images     []imageInput                    `json:"images"`
	Video      *imageInput                     `json:"video"`
	Attributes map[string]any                  `json:"attributes"`
	Vectors    map[engine.Modality][][]float32 `json:"vectors"`
}

type patchRequest struct {
	Texts      map[string]*string `json:"texts"`
	Attributes map[string]any     `json:"attributes"`
}

type itemResponse struct {
	ID         string                          `json:"id"`
	Texts      map[string]string               `json:"texts,omitempty"`
	Images     []imageResponse                 `json:"images,omitempty"`
	Video      *videoResponse                  `json:"video,omitempty"`
	Attributes map[string]any                  `json:"attributes,omitempty"`
	Vectors    map[engine.Modality][][]float32 `json:"vectors,omitempty"`
	Revision   uint64                          `json:"revision"`
	Created    time.Time                       `json:"created"`
	Updated    time.Time                       `json:"updated"`
}

type imageResponse struct {
	URL    string `json:"url"`
	Type   string `json:"type"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

type videoResponse struct {
	URL      string           `json:"url"`
	Type     string           `json:"type"`
	Width    int              `json:"width"`
	Height   int              `json:"height"`
	Bytes    int64            `json:"bytes"`
	SHA256   string           `json:"sha256"`
	Duration float64          `json:"duration"` // seconds
	Segments []engine.Segment `json:"segments"`
}

// storedResponse is an item as stored, with what the write did.
type storedResponse struct {
	itemResponse
	Outcome string `json:"outcome"` // created, updated or unchanged
}

type itemsResponse struct {
	Items         []itemResponse `json:"items"`
	NextPageToken string         `json:"next_page_token"`
}

func itemPath(collection, id string) string {
	return fmt.Sprintf("/v1/collections/%s/items/%s", collection, url.PathEscape(id))
}

func toItem(collection string, in engine.Item) itemResponse {
	out := itemResponse{
		ID: in.ID, Texts: in.Texts, Attributes: in.Attributes, Revision: in.Revision, Created: in.Created, Updated: in.Updated,
	}
	for n, img := range in.Images {
		out.Images = append(out.Images, imageResponse{
			URL:  fmt.Sprintf("%s/images/%d", itemPath(collection, in.ID), n),
			Type: img.Type, Width: img.Width, Height: img.Height, Bytes: img.Bytes, SHA256: img.SHA256,
		})
	}
	if v := in.Video; v != nil {
		out.Video = &videoResponse{
			URL: itemPath(collection, in.ID) + "/video", Type: v.Type, Width: v.Width, Height: v.Height, Bytes: v.Bytes,
			SHA256: v.SHA256, Duration: v.Duration, Segments: v.Segments,
		}
	}
	return out
}

func (in itemRequest) input(parts files) (engine.ItemInput, error) {
	out := engine.ItemInput{Texts: in.Texts, Attributes: in.Attributes, Vectors: in.Vectors}
	var err error
	if out.Images, err = readImages(in.Images, parts); err != nil {
		return engine.ItemInput{}, err
	}
	if in.Video != nil {
		if out.Video, err = in.Video.bytes(parts); err != nil {
			return engine.ItemInput{}, engine.At(err, "video")
		}
	}
	return out, nil
}

// readItem decodes an item from the body; id is the one of the path, or "" where the server makes it.
func readItem(c echo.Context, id string) (engine.ItemInput, error) {
	var in itemRequest
	parts, err := readRequest(c.Request(), "item", &in)
	if err != nil {
		return engine.ItemInput{}, err
	}
	if in.ID != nil && *in.ID != id {
		return engine.ItemInput{}, engine.Errorf(engine.CodeInvalid, "the id in the body is not the one of the address").
			WithHint("leave id out of the body; PUT …/items/{id} chooses it, POST …/items makes one")
	}
	input, err := in.input(parts)
	input.ID = id
	return input, err
}

func (s *Server) putItem(c echo.Context, e *engine.Engine) error {
	id, err := itemID(c)
	if err != nil {
		return err
	}
	in, err := readItem(c, id)
	if err != nil {
		return err
	}
	stored, err := e.Upsert(c.Request().Context(), c.Param("collection"), in)
	if err != nil {
		return err
	}
	return writeStored(c, stored)
}

func (s *Server) createItem(c echo.Context, e *engine.Engine) error {
	in, err := readItem(c, "")
	if err != nil {
		return err
	}
	stored, err := e.Create(c.Request().Context(), c.Param("collection"), in)
	if err != nil {
		return err
	}
	return writeStored(c, stored)
}

func (s *Server) patchItem(c echo.Context, e *engine.Engine) error {
	id, err := itemID(c)
	if err != nil {
		return err
	}
	var in patchRequest
	if _, err := readRequest(c.Request(), "patch", &in); err != nil {
		return err
	}
	stored, err := e.Patch(c.Request().Context(), c.Param("collection"), id, engine.Patch(in))
	if err != nil {
		return err
	}
	return writeStored(c, stored)
}

func writeStored(c echo.Context, stored engine.Stored) error {
	status := http.StatusOK
	if stored.Created {
		status = http.StatusCreated
		c.Response().Header().Set(echo.HeaderLocation, itemPath(c.Param("collection"), stored.Item.ID))
	}
	return c.JSON(status, storedResponse{itemResponse: toItem(c.Param("collection"), stored.Item), Outcome: outcome(stored)})
}

func outcome(stored engine.Stored) string {
	switch {
	case stored.Created:
		return "created"
	case stored.Unchanged:
		return "unchanged"
	}
	return "updated"
}

func (s *Server) getItem(c echo.Context, e *engine.Engine) error {
	id, err := itemID(c)
	if err != nil {
		return err
	}
	withVectors := false
	if text := c.QueryParam("vectors"); text != "" {
		if withVectors, err = strconv.ParseBool(text); err != nil {
			return engine.Errorf(engine.CodeInvalid, "vectors must be true or false, it is %q", text)
		}
	}
	ctx, collection := c.Request().Context(), c.Param("collection")
	r, err := e.Record(ctx, collection, id)
	if err != nil {
		return err
	}
	out := toItem(collection, r.Item)
	if withVectors {
		out.Vectors = map[engine.Modality][][]float32{}
		for _, entry := range r.Entries {
			out.Vectors[entry.Modality] = append(out.Vectors[entry.Modality], entry.Vector)
		}
	}
	return c.JSON(http.StatusOK, out)
}

func (s *Server) listItems(c echo.Context, e *engine.Engine) error {
	after, size, err := pageOf(c, e.Limits().PageSize)
	if err != nil {
		return err
	}
	items, err := e.Items(c.Request().Context(), c.Param("collection"), after, size+1)
	if err != nil {
		return err
	}
	items, more := cut(items, size)
	out := itemsResponse{Items: make([]itemResponse, len(items))}
	for i, item := range items {
		out.Items[i] = toItem(c.Param("collection"), item)
		out.NextPageToken = nextToken(item.ID, more)
	}
	return c.JSON(http.StatusOK, out)
}

// deleteItem answers 204 whether or not the item was there: a repeated delete is no error.
func (s *Server) deleteItem(c echo.Context, e *engine.Engine) error {
	id, err := itemID(c)
	if err != nil {
		return err
	}
	if _, err := e.Delete(c.Request().Context(), c.Param("collection"), id); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// itemID returns the id of the path. The router hands over the escaped form when an id holds an escaped slash.
func itemID(c echo.Context) (string, error) {
	id := c.Param("id")
	if c.Request().URL.RawPath == "" {
		return id, nil
	}
	unescaped, err := url.PathUnescape(id)
	if err != nil {
		return "", engine.Errorf(engine.CodeInvalid, "the item id is not validly escaped: %w", err)
	}
	return unescaped, nil
}

func imageNumber(c echo.Context) (int, error) {
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil {
		return 0, engine.Errorf(engine.CodeInvalid, "%q is not the number of a picture", c.Param("n"))
	}
	return n, nil
}
