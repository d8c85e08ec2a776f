package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"path"

	"github.com/labstack/echo/v4"

	"pinax/web/page"
)

// pageRoutes gives every file of the page an address of its own. A catch-all would answer for addresses of the contract
// that do not exist.
func (s *Server) pageRoutes() {
	files, err := page.FS.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of the binary
	}
	for _, f := range files {
		data, err := page.FS.ReadFile(f.Name())
		if err != nil {
			panic(err)
		}
		handler := servePageFile(f.Name(), data)
		s.echo.Match(reads, "/"+f.Name(), handler)
		if f.Name() == "index.html" {
			s.echo.Match(reads, "/", handler)
		}
	}
}

// servePageFile lets a browser keep the file and ask whether it is still the same: another version of the binary may be
// behind the address tomorrow.
func servePageFile(name string, data []byte) echo.HandlerFunc {
	sum := sha256.Sum256(data)
	etag := `"` + hex.EncodeToString(sum[:16]) + `"`
	contentType := mime.TypeByExtension(path.Ext(name))
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("ETag", etag)
		h.Set("Cache-Control", "no-cache")
		h.Set(echo.HeaderContentType, contentType)
		return serveContent(c, bytes.NewReader(data))
	}
}
