package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

type searchRequest struct {
	Query  []partRequest `json:"query"`
	Target engine.Target `json:"target"`
	Limit  int           `json:"limit"`
	Ef     int           `json:"ef"`
	Recall float32       `json:"recall"`
	Exact  bool          `json:"exact"`
}

type partRequest struct {
	Text   string      `json:"text"`
	Image  *imageInput `json:"image"`
	Item   string      `json:"item"`
	Vector []float32   `json:"vector"`
	Weight *float64    `json:"weight"` // absent: 1
}

type searchResponse struct {
	Hits []hitResponse `json:"hits"`
	Took tookResponse  `json:"took_ms"`
}

type hitResponse struct {
	ID      string          `json:"id"`
	Score   float32         `json:"score"`
	Matched matchedResponse `json:"matched"`
	Item    itemResponse    `json:"item"`
}

type matchedResponse struct {
	Modality engine.Modality `json:"modality"`
	Entry    int             `json:"entry"`
	Segment  *engine.Segment `json:"video,omitempty"` // the part of the clip that matched
}

type tookResponse struct {
	Encode float64 `json:"encode"` // milliseconds
	Search float64 `json:"search"`
	Total  float64 `json:"total"`
}

func (in searchRequest) query(parts files) (engine.Query, error) {
	q := engine.Query{Target: in.Target, Limit: in.Limit, Ef: in.Ef, Recall: in.Recall, Exact: in.Exact}
	for i, p := range in.Query {
		part := engine.Part{Text: p.Text, Item: p.Item, Vector: p.Vector, Weight: 1}
		if p.Weight != nil {
			part.Weight = *p.Weight
		}
		if p.Image != nil {
			data, err := p.Image.bytes(parts)
			if err != nil {
				return engine.Query{}, engine.At(err, "query[%d].image", i)
			}
			part.Image = data
		}
		q.Parts = append(q.Parts, part)
	}
	return q, nil
}

func (s *Server) search(c echo.Context, e *engine.Engine) error {
	var in searchRequest
	parts, err := readRequest(c.Request(), "search", &in)
	if err != nil {
		return err
	}
	q, err := in.query(parts)
	if err != nil {
		return err
	}
	collection := c.Param("collection")
	result, err := e.Search(c.Request().Context(), collection, q)
	if err != nil {
		return err
	}
	out := searchResponse{Hits: make([]hitResponse, len(result.Hits)), Took: tookResponse{
		Encode: milliseconds(result.Took.Encode), Search: milliseconds(result.Took.Search), Total: milliseconds(result.Took.Total),
	}}
	for i, h := range result.Hits {
		out.Hits[i] = hitResponse{
			ID: h.Item.ID, Score: h.Score, Matched: matchedResponse(h.Matched), Item: toItem(collection, h.Item),
		}
	}
	return c.JSON(http.StatusOK, out)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
