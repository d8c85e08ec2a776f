// Package fusion makes one encoder of several, with weights.
//
//	fused, err := fusion.New([]fusion.Member{{Encoder: clip, Weight: 2}, {Encoder: resnet, Weight: 1}}, fusion.Options{})
//	vectors, err := fused.EncodeTexts(ctx, []string{"red dress"}) // as many elements as all members together
//
// A fused vector is the members' unit vectors one after the other, each scaled by √(wᵢ/Σw). It has length 1, and the
// cosine of two is Σ wᵢ·cosᵢ / Σw: what a search of every member and a weighted sum of the scores would give, in one index.
//
// A Projection makes fused vectors shorter. It is fitted on a collection's own vectors, by their principal directions.
package fusion
