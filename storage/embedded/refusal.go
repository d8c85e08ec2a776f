package embedded

import (
	"errors"

	"pinax/index"
)

// add links entries that have places, all but those whose vectors the index refuses, and returns how many these are. They
// are stored for good, so that neither may stop the writer nor keep a database from being opened: they stay out of
// searches, and the log says which they are. On an error some entries may be linked.
func (sp *space) add(keys []uint64, vectors [][]float32) (refused int, err error) {
	err = sp.index.Add(keys, vectors)
	switch {
	case err == nil:
		return 0, nil
	case !isRefusal(err):
		return 0, err
	case len(keys) == 1:
		sp.refuse(keys[0], err)
		return 1, nil
	}
	half := len(keys) / 2 // the index takes all or none and may name one at fault where there are several
	low, err := sp.add(keys[:half], vectors[:half])
	if err != nil {
		return low, err
	}
	high, err := sp.add(keys[half:], vectors[half:])
	return low + high, err
}

// isRefusal tells whether an index finds fault with a vector, and not with itself or with how it is used.
func isRefusal(err error) bool {
	return errors.Is(err, index.ErrLength) || errors.Is(err, index.ErrNotFinite) || errors.Is(err, index.ErrDimension)
}

func (sp *space) refuse(key uint64, cause error) {
	at := sp.places.of([]index.Neighbour{{Key: key}})[0]
	sp.places.remove(key)
	sp.log.Warn("the index refuses a stored vector, which stays out of searches; store the item anew",
		"id", at.id, "ordinal", at.ordinal, "key", key, "error", cause)
}
