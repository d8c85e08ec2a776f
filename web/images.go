package web

import (
	"image/color"
	"image/jpeg"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

const (
	// thumbEdge is the longer edge of a thumbnail in pixels: enough for a tile of the page on a dense screen.
	thumbEdge = 256
	// thumbBytes is what a picture that is small already may have. A file can say much about few pixels.
	thumbBytes = 64 << 10
)

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
	c.Response().Header().Set("Cache-Control", "private, no-cache")
	if size == "thumb" && !showsAsThumbnail(img, blob) {
		return serveThumbnail(c, e, img, blob)
	}
	h := c.Response().Header()
	h.Set("ETag", `"`+img.SHA256+`"`)
	h.Set(echo.HeaderContentType, img.Type)
	return serveContent(c, blob)
}

// getVideo serves a clip in full; a player asks for the ranges that it needs.
func (s *Server) getVideo(c echo.Context, e *engine.Engine) error {
	id, err := itemID(c)
	if err != nil {
		return err
	}
	video, blob, err := e.OpenVideo(c.Request().Context(), c.Param("collection"), id)
	if err != nil {
		return err
	}
	defer blob.Close()
	h := c.Response().Header()
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+video.SHA256+`"`)
	h.Set(echo.HeaderContentType, video.Type)
	return serveContent(c, blob)
}

// showsAsThumbnail reports whether a picture is small enough as it is and every browser shows its kind. It reads the
// header of a JPEG, since those in CMYK are not shown everywhere.
func showsAsThumbnail(img engine.Image, blob io.ReadSeeker) bool {
	if max(img.Width, img.Height) > thumbEdge || img.Bytes > thumbBytes {
		return false
	}
	switch img.Type {
	case "image/png", "image/gif", "image/webp":
		return true
	case "image/jpeg":
		header, err := jpeg.DecodeConfig(blob)
		_, rewound := blob.Seek(0, io.SeekStart)
		return err == nil && rewound == nil && header.ColorModel != color.CMYKModel
	}
	return false
}

func serveThumbnail(c echo.Context, e *engine.Engine, img engine.Image, blob io.Reader) error {
	etag := `"thumb-` + img.SHA256 + `"`
	c.Response().Header().Set("ETag", etag)
	if c.Request().Header.Get("If-None-Match") == etag {
		return c.NoContent(http.StatusNotModified)
	}
	thumb, err := e.Thumbnail(c.Request().Context(), blob, thumbEdge)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "image/jpeg", thumb)
}
