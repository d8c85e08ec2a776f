// Package cache answers repeated texts and pictures from memory, and encodes what several callers ask for at once only
// once.
//
//	cached := cache.New(enc, 64<<20) // bytes
//	vectors, err := cached.EncodeTexts(ctx, []string{"red dress"}) // encodes
//	vectors, err = cached.EncodeTexts(ctx, []string{"red dress"})  // remembers
//
// Entries are keyed by a hash of the content and the encoder's fingerprint, and the least recently used ones make room.
package cache
