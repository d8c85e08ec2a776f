package fusion

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"pinax/engine"
)

// Fit returns the projection to so many elements that keeps inner products of the vectors best: the eigenvectors of
// Σ v·vᵀ with the largest eigenvalues (Eckart and Young 1936). Vectors are not centred, as principal component analysis
// would have it: their cosines are what must stay, and those are taken from the origin. kept is the share of the squared
// length that is left.
//
// info describes the fusion without a projection that made the vectors, each of length 1.
func Fit(info engine.EncoderInfo, vectors [][]float32, dimension int) (p *Projection, kept float64, err error) {
	switch fingerprint, err := hex.DecodeString(info.Fingerprint); {
	case err != nil || len(fingerprint) != 32:
		return nil, 0, fmt.Errorf("%q is no fingerprint", info.Fingerprint)
	case dimension < 1 || dimension >= info.Dimension:
		return nil, 0, fmt.Errorf("%d elements cannot be made %d: it must be less, and at least 1", info.Dimension, dimension)
	case len(vectors) < dimension:
		return nil, 0, fmt.Errorf("%d vectors do not tell %d directions", len(vectors), dimension)
	}
	var eigen mat.EigenSym
	moments, err := secondMoments(vectors, info.Dimension)
	if err != nil {
		return nil, 0, err
	}
	if !eigen.Factorize(moments, true) {
		return nil, 0, errors.New("the vectors have no principal directions: the decomposition does not converge")
	}
	values := eigen.Values(nil) // ascending
	var directions mat.Dense
	eigen.VectorsTo(&directions)
	p = &Projection{encoder: info.Fingerprint, from: info.Dimension, to: dimension}
	var all, left float64
	for _, v := range values {
		all += v
	}
	for i := range dimension {
		column := len(values) - 1 - i
		left += values[column]
		for _, x := range mat.Col(nil, column, &directions) {
			p.rows = append(p.rows, float32(x))
		}
	}
	return p, left / all, nil
}

// secondMoments returns Σ v·vᵀ.
func secondMoments(vectors [][]float32, dimension int) (*mat.SymDense, error) {
	const block = 256 // vectors at a time, so that a million need not be there twice
	sum := mat.NewSymDense(dimension, nil)
	for chunk := range slices.Chunk(vectors, block) {
		rows := mat.NewDense(len(chunk), dimension, nil)
		for i, v := range chunk {
			if len(v) != dimension {
				return nil, fmt.Errorf("a vector has %d elements instead of %d", len(v), dimension)
			}
			for j, x := range v {
				rows.Set(i, j, float64(x))
			}
		}
		sum.SymRankK(sum, 1, rows.T())
	}
	return sum, nil
}
