package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

type createCollectionRequest struct {
	Name    string             `json:"name"`
	Encoder string             `json:"encoder"`
	Index   engine.IndexConfig `json:"index"`
}

type collectionResponse struct {
	Name    string             `json:"name"`
	Encoder engine.EncoderRef  `json:"encoder"`
	Index   engine.IndexConfig `json:"index"`
	Items   int                `json:"items"`
	Entries entriesResponse    `json:"entries"`
	Created time.Time          `json:"created"`
}

type entriesResponse struct {
	Image indexResponse `json:"image"`
	Text  indexResponse `json:"text"`
}

type indexResponse struct {
	Vectors     int   `json:"vectors"`
	MemoryBytes int64 `json:"memory_bytes"`
}

type collectionsResponse struct {
	Collections   []collectionResponse `json:"collections"`
	NextPageToken string               `json:"next_page_token"`
}

func toCollection(in engine.CollectionInfo) collectionResponse {
	stats := func(m engine.Modality) indexResponse {
		s := in.Stats.Entries[m]
		return indexResponse{Vectors: s.Vectors, MemoryBytes: s.MemoryBytes}
	}
	return collectionResponse{
		Name:    in.Name,
		Encoder: in.Encoder,
		Index:   in.Index,
		Items:   in.Stats.Items,
		Entries: entriesResponse{Image: stats(engine.ModalityImage), Text: stats(engine.ModalityText)},
		Created: in.Created,
	}
}

func (s *Server) createCollection(c echo.Context, e *engine.Engine) error {
	var in createCollectionRequest
	if _, err := readRequest(c.Request(), "collection", &in); err != nil {
		return err
	}
	info, err := e.CreateCollection(c.Request().Context(), engine.CollectionInput{
		Name: in.Name, Encoder: in.Encoder, Index: in.Index,
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/v1/collections/"+info.Name)
	return c.JSON(http.StatusCreated, toCollection(info))
}

func (s *Server) listCollections(c echo.Context, e *engine.Engine) error {
	after, size, err := pageOf(c, e.Limits().PageSize)
	if err != nil {
		return err
	}
	infos, err := e.Collections(c.Request().Context(), after, size+1)
	if err != nil {
		return err
	}
	infos, more := cut(infos, size)
	out := collectionsResponse{Collections: make([]collectionResponse, len(infos))}
	for i, info := range infos {
		out.Collections[i] = toCollection(info)
		out.NextPageToken = nextToken(info.Name, more)
	}
	return c.JSON(http.StatusOK, out)
}

func (s *Server) describeCollection(c echo.Context, e *engine.Engine) error {
	info, err := e.CollectionInfo(c.Request().Context(), c.Param("collection"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toCollection(info))
}

func (s *Server) dropCollection(c echo.Context, e *engine.Engine) error {
	if err := e.DropCollection(c.Request().Context(), c.Param("collection")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
