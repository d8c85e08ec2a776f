package clip

import (
	"math"
	"time"

	"pinax/engine"
)

const (
	// leastCut is the least cosine distance between two frames that may end a segment.
	leastCut = 0.1
	// cutShare is how much of the greatest distance in the clip it must be besides.
	cutShare = 0.4
	// longestSegment bounds how coarsely a search can say when.
	longestSegment = 15 * time.Second
	// sharpness is how much more weight a frame gets that is like its segment: that of the softmax over cosines.
	sharpness = 10
)

// segments cuts the frames where their vectors change by more than they usually do, and pools each part. A frame without a
// direction (nil) belongs to the segment that it lies in.
func segments(frames []sample, vectors [][]float32) []engine.EncodedSegment {
	var out []engine.EncodedSegment
	threshold := cutAt(vectors)
	start := 0
	var last []float32
	for i := range frames {
		v := vectors[i]
		if i > start && (frames[i].until-frames[start].at > longestSegment || last != nil && v != nil && 1-cosine(last, v) > threshold) {
			out = appendSegment(out, frames[start:i], vectors[start:i])
			start = i
		}
		if v != nil {
			last = v
		}
	}
	return appendSegment(out, frames[start:], vectors[start:])
}

// cutAt returns the distance above which two frames in a row show different things: a part of the greatest in the clip, since
// what is much to one encoder is little to another.
func cutAt(vectors [][]float32) float64 {
	greatest := 0.
	var last []float32
	for _, v := range vectors {
		if v == nil {
			continue
		}
		if last != nil {
			greatest = max(greatest, 1-cosine(last, v))
		}
		last = v
	}
	return max(leastCut, cutShare*greatest)
}

// appendSegment pools frames by attention over time: each counts by how long it is shown and how alike it is to the mean of
// all, so that a blurred moment between does not spoil what is to be seen. The peak is in the frame that counts most.
func appendSegment(out []engine.EncodedSegment, frames []sample, vectors [][]float32) []engine.EncodedSegment {
	centre := pool(vectors, func(i int) float64 { return seconds(frames[i].until - frames[i].at) })
	if centre == nil {
		return out
	}
	weight := func(i int) float64 {
		return seconds(frames[i].until-frames[i].at) * math.Exp(sharpness*cosine(centre, vectors[i]))
	}
	v := pool(vectors, weight)
	if v == nil {
		v = centre
	}
	peak, most := 0, -1.
	for i := range frames {
		if vectors[i] == nil {
			continue
		}
		if likeness := cosine(v, vectors[i]); likeness > most {
			peak, most = i, likeness
		}
	}
	return append(out, engine.EncodedSegment{Vector: v, Segment: engine.Segment{
		Start: seconds(frames[0].at), End: seconds(frames[len(frames)-1].until),
		Peak: seconds(frames[peak].at + (frames[peak].until-frames[peak].at)/2),
	}})
}

// pool returns the weighted sum of vectors at length 1; nil when it has no direction. Vectors that are nil are left out.
func pool(vectors [][]float32, weight func(i int) float64) []float32 {
	var sum []float64
	for i, v := range vectors {
		if v == nil {
			continue
		}
		if sum == nil {
			sum = make([]float64, len(v))
		}
		w := weight(i)
		for j, x := range v {
			sum[j] += w * float64(x)
		}
	}
	var square float64
	for _, x := range sum {
		square += x * x
	}
	if square == 0 {
		return nil
	}
	out := make([]float32, len(sum))
	for j, x := range sum {
		out[j] = float32(x / math.Sqrt(square))
	}
	return out
}

func cosine(a, b []float32) float64 {
	var sum float64
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
