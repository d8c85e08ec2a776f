package topk

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/index"
)

func TestHeapKeepsTheBest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 2, 10, 300} {
		for _, k := range []int{1, 2, 9, 300, 1 << 40} {
			t.Run(fmt.Sprintf("%d of %d", k, n), func(t *testing.T) {
				all := make([]index.Neighbour, n)
				h := New(k)
				for i := range all {
					// Few distinct scores, so that ties are common and keys must decide.
					all[i] = index.Neighbour{Key: random.Uint64(), Score: float32(random.IntN(5))}
					h.Offer(all[i].Key, all[i].Score)
				}
				slices.SortFunc(all, Compare)
				require.Equal(t, all[:min(n, k)], h.Sorted())
			})
		}
	}
}
