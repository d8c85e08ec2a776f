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
	// BytesPerVector is what each of many vectors takes by these settings, from which the measured one of few differs.
	BytesPerVector float64   `json:"bytes_per_vector"`
	Created        time.Time `json:"created"`
}

type entriesResponse struct {
	Image indexResponse `json:"image"`
	Text  indexResponse `json:"text"`
}

type indexResponse struct {
	Quantizer      string  `json:"quantizer"`
	Memory         string  `json:"memory"`
	Vectors        int     `json:"vectors"`
	FreeSlots      int     `json:"free_slots"`
	CodeBytes      int64   `json:"code_bytes"`
	VectorBytes    int64   `json:"vector_bytes"`
	LinkBytes      int64   `json:"link_bytes"`
	KeyBytes       int64   `json:"key_bytes"`
	MemoryBytes    int64   `json:"memory_bytes"`
	BytesPerVector float64 `json:"bytes_per_vector"`
}

type collectionsResponse struct {
	Collections   []collectionResponse `json:"collections"`
	NextPageToken string               `json:"next_page_token"`
}

func toCollection(in engine.CollectionInfo) collectionResponse {
	stats := func(m engine.Modality) indexResponse {
		s := in.Stats.Entries[m]
		return indexResponse{
			Quantizer: s.Quantizer, Memory: s.Memory, Vectors: s.Vectors, FreeSlots: s.FreeSlots,
			CodeBytes: s.CodeBytes, VectorBytes: s.VectorBytes, LinkBytes: s.LinkBytes, KeyBytes: s.KeyBytes,
			MemoryBytes: s.MemoryBytes, BytesPerVector: s.BytesPerVector(),
		}
	}
	return collectionResponse{
		Name:           in.Name,
		Encoder:        in.Encoder,
		Index:          in.Index,
		Items:          in.Stats.Items,
		Entries:        entriesResponse{Image: stats(engine.ModalityImage), Text: stats(engine.ModalityText)},
		Created:        in.Created,
		BytesPerVector: engine.BytesPerVector(in.Index, in.Encoder.Dimension),
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
