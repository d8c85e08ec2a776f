package engine

import "time"

// Stage names a step of the pipeline that is timed.
type Stage string

// The stages.
const (
	StageDecode      Stage = "decode"       // picture bytes → input tensor
	StageEncodeImage Stage = "encode_image" // one run of the vision tower
	StageEncodeText  Stage = "encode_text"  // one run of the text tower, tokenizing included
	StageBlob        Stage = "blob"         // pictures written and synced
	StageCommit      Stage = "commit"       // one write transaction
	StageLink        Stage = "link"         // vectors linked into the index
	StageSearch      Stage = "search"       // one walk or scan
	StageCheckpoint  Stage = "checkpoint"   // graph written to the database
)

// Observer is told how long each stage took and how many pictures, texts, records or vectors it worked on.
// Implementations are safe for concurrent use and return at once.
type Observer interface {
	Observe(stage Stage, took time.Duration, count int)
}

// Unobserved is an Observer that ignores everything.
type Unobserved struct{}

// Observe does nothing.
func (Unobserved) Observe(Stage, time.Duration, int) {}
