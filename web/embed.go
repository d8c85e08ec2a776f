package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

type embedRequest struct {
	Texts   []string     `json:"texts"`
	Images  []imageInput `json:"images"`
	Encoder string       `json:"encoder"`
}

type embedResponse struct {
	TextEmbeddings  [][]float32  `json:"text_embeddings"`
	ImageEmbeddings [][]float32  `json:"image_embeddings"` // null for a picture that failed
	Dimension       int          `json:"dimension"`
	Encoder         string       `json:"encoder"`
	Errors          []embedError `json:"errors,omitempty"`
}

// embedError tells why one picture has no vector.
type embedError struct {
	Image  int         `json:"image"` // its number in the request
	Code   engine.Code `json:"code"`
	Detail string      `json:"detail"`
}

func (s *Server) embed(c echo.Context, e *engine.Engine) error {
	var in embedRequest
	parts, err := readRequest(c.Request(), "embed", &in)
	if err != nil {
		return err
	}
	images, err := readImages(in.Images, parts)
	if err != nil {
		return err
	}
	embedded, err := e.Embed(c.Request().Context(), in.Encoder, in.Texts, images)
	if err != nil {
		return err
	}
	out := embedResponse{
		TextEmbeddings: embedded.Texts, ImageEmbeddings: make([][]float32, len(images)),
		Dimension: embedded.Encoder.Dimension, Encoder: embedded.Encoder.Name,
	}
	if out.TextEmbeddings == nil {
		out.TextEmbeddings = [][]float32{}
	}
	for i, img := range embedded.Images {
		out.ImageEmbeddings[i] = img.Vector
		if img.Err != nil {
			p := toProblem(img.Err)
			out.Errors = append(out.Errors, embedError{Image: i, Code: p.Code, Detail: p.Detail})
		}
	}
	if len(in.Texts) == 0 && len(out.Errors) == len(images) {
		return engine.At(embedded.Images[0].Err, "images[0]") // nothing worked: say so by the status
	}
	return c.JSON(http.StatusOK, out)
}

func (s *Server) listEncoders(c echo.Context, e *engine.Engine) error {
	return c.JSON(http.StatusOK, map[string]any{"encoders": e.Encoders()})
}
