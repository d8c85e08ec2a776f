package web

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

// defaultPageSize is what a list returns when page_size is not given.
const defaultPageSize = 50

// pageOf reads page_size and page_token. The token is opaque to clients; here it is the last name or id seen, so that a
// page is stable while items come and go and no depth costs more than another (AIP-158).
func pageOf(c echo.Context, most int) (after string, size int, err error) {
	size = min(defaultPageSize, most)
	if text := c.QueryParam("page_size"); text != "" {
		size, err = strconv.Atoi(text)
		if errors.Is(err, strconv.ErrRange) && !strings.HasPrefix(text, "-") {
			size, err = most, nil // any size is capped
		}
		if err != nil || size < 1 {
			return "", 0, engine.Errorf(engine.CodeInvalid, "page_size must be a number from 1 to %d", most)
		}
		size = min(size, most)
	}
	token, err := base64.RawURLEncoding.DecodeString(c.QueryParam("page_token"))
	if err != nil {
		return "", 0, engine.Errorf(engine.CodeInvalid, "page_token is not one that this server gave")
	}
	return string(token), size, nil
}

// cut takes a page off a list that was asked for one more, and tells whether there is more.
func cut[T any](list []T, size int) (page []T, more bool) {
	return list[:min(size, len(list))], len(list) > size
}

// nextToken makes the token of the page behind one that is not the last.
func nextToken(last string, more bool) string {
	if !more {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(last))
}
