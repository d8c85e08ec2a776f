package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

type batchRequest struct {
	Items []itemRequest `json:"items"`
}

type batchResponse struct {
	Results []batchResult `json:"results"`
}

// batchResult is the outcome of one item: what the write did, or why it was refused.
type batchResult struct {
	ID      string   `json:"id"`
	Outcome string   `json:"outcome"` // created, updated, unchanged or refused
	Problem *problem `json:"problem,omitempty"`
}

// upsertBatch stores many items in one request. It answers 200 when the batch as a whole could be worked on, whatever
// became of its items.
func (s *Server) upsertBatch(c echo.Context, e *engine.Engine) error {
	var in batchRequest
	parts, err := readRequest(c.Request(), "batch", &in)
	if err != nil {
		return err
	}
	inputs := make([]engine.ItemInput, len(in.Items))
	out := batchResponse{Results: make([]batchResult, len(in.Items))}
	for i, item := range in.Items {
		if inputs[i], err = item.input(parts); err != nil {
			return at(err, "items[%d]", i)
		}
		if item.ID != nil {
			inputs[i].ID = *item.ID
		} else if inputs[i].ID, err = engine.NewID(); err != nil {
			return err
		}
		out.Results[i].ID = inputs[i].ID
	}
	results, err := e.UpsertBatch(c.Request().Context(), c.Param("collection"), inputs)
	if err != nil {
		return err
	}
	for i, r := range results {
		out.Results[i].Outcome = outcome(r.Stored)
		if r.Err != nil {
			p := s.problemOf(r.Err, c)
			out.Results[i].Outcome, out.Results[i].Problem = "refused", &p
		}
	}
	return c.JSON(http.StatusOK, out)
}
