package hnsw

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"pinax/index"
	"pinax/index/internal/vectors"
)

// SearchAll implements index.Index. A scan goes over the vectors once for many queries; walks are shared among the cores.
func (x *Index) SearchAll(ctx context.Context, queries [][]float32, o index.SearchOptions) ([][]index.Neighbour, error) {
	g := x.graph.Load()
	switch {
	case o.Exact:
		return g.store.ScanAll(ctx, queries, o, vectors.Proven)
	case g.store.Len() < x.options.ExactBelow:
		return g.store.ScanAll(ctx, queries, o, vectors.Certain)
	}
	found := make([][]index.Neighbour, len(queries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, query := range queries {
		group.Go(func() (err error) {
			found[i], err = x.Search(ctx, query, o)
			return err
		})
	}
	return found, group.Wait()
}
