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
	if n, most := len(in.Items), e.Limits().BatchItems; n > most {
		return engine.Errorf(engine.CodeTooLarge, "the batch has %d items, the limit is %d", n, most)
	}
	out := batchResponse{Results: make([]batchResult, len(in.Items))}
	var inputs []engine.ItemInput
	var places []int // of the inputs in the batch
	for i, item := range in.Items {
		input, err := item.input(parts)
		if input.ID, err = batchID(item, err); err != nil {
			out.Results[i] = s.refused(c, input.ID, err)
			continue
		}
		inputs, places = append(inputs, input), append(places, i)
	}
	results, err := e.UpsertBatch(c.Request().Context(), c.Param("collection"), inputs)
	if err != nil {
		return err
	}
	for i, r := range results {
		out.Results[places[i]] = batchResult{ID: inputs[i].ID, Outcome: outcome(r.Stored)}
		if r.Err != nil {
			out.Results[places[i]] = s.refused(c, inputs[i].ID, r.Err)
		}
	}
	return c.JSON(http.StatusOK, out)
}

// batchID is the id that an item of a batch has or gets. It passes on an error of the item.
func batchID(item itemRequest, err error) (string, error) {
	if item.ID != nil {
		return *item.ID, err
	}
	if err != nil {
		return "", err
	}
	return engine.NewID()
}

func (s *Server) refused(c echo.Context, id string, err error) batchResult {
	p := s.problemOf(err, c)
	return batchResult{ID: id, Outcome: "refused", Problem: &p}
}
