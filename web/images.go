package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

// thumbEdge is the longer edge of a thumbnail in pixels: enough for a tile of the page on a dense screen.
const thumbEdge = 256

// shownByBrowsers are the stored types that need no conversion to be seen.
var shownByBrowsers = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

func (s *Server) getImage(c echo.Context, e *engine.Engine) error {
	id, err := itemID(c)
	if err != nil {
		return err
	}
	n, err := imageNumber(c)
	if err != nil {
		return err
	}
	size := c.QueryParam("size")
	if size != "" && size != "full" && size != "thumb" {
		return engine.Errorf(engine.CodeInvalid, "size %q is unknown", size).WithHint("use thumb or full")
	}
	img, blob, err := e.OpenImage(c.Request().Context(), c.Param("collection"), id, n)
	if err != nil {
		return err
	}
	defer blob.Close()

	// The bytes under an address change when the item does, so a browser must ask again; the hash makes that cheap.
	h := c.Response().Header()
	h.Set("Cache-Control", "private, no-cache")
	small := max(img.Width, img.Height) <= thumbEdge && slices.Contains(shownByBrowsers, img.Type)
	if size != "thumb" || small {
		h.Set("ETag", `"`+img.SHA256+`"`)
		h.Set(echo.HeaderContentType, img.Type)
		http.ServeContent(c.Response(), c.Request(), "", time.Time{}, blob)
		return nil
	}
	etag := `"thumb-` + img.SHA256 + `"`
	h.Set("ETag", etag)
	if c.Request().Header.Get("If-None-Match") == etag {
		return c.NoContent(http.StatusNotModified)
	}
	thumb, err := e.Thumbnail(c.Request().Context(), blob, thumbEdge)
	if err != nil {
		h.Del("ETag")
		return err
	}
	return c.Blob(http.StatusOK, "image/jpeg", thumb)
}
