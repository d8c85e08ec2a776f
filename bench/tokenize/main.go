//go:build unix

// Command tokenize measures how many texts a second a tokenizer encodes.
//
//	tokenize -model folder -texts texts.json -workers 1 -seconds 0.5
//
// It prints JSON, with a hash over the ids, so that whoever compares can see that the same was done.
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"pinax/encoder/tokenizer"
)

// report is what is printed.
type report struct {
	Texts      int     `json:"texts"` // encoded while the time was taken
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds"` // of all threads, the collector's too
	SHA256     string  `json:"sha256"`
}

func main() {
	model := flag.String("model", "", "model folder")
	file := flag.String("texts", "", "JSON list of texts")
	workers := flag.Int("workers", 1, "texts under way at once, each on one thread")
	seconds := flag.Float64("seconds", 0.5, "how long to go on, at least once through all texts")
	flag.Parse()

	r, err := run(*model, *file, *workers, *seconds)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		slog.Error("tokenize", "error", err)
		os.Exit(1)
	}
}

func run(model, file string, workers int, seconds float64) (report, error) {
	runtime.GOMAXPROCS(workers)
	tok, err := tokenizer.Open(os.DirFS(model))
	if err != nil {
		return report{}, err
	}
	if tok, err = tok.Truncated(1 << 30); err != nil {
		return report{}, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return report{}, err
	}
	var texts []string
	if err := json.Unmarshal(data, &texts); err != nil {
		return report{}, err
	}
	hash, err := hashIDs(tok, texts)
	if err != nil {
		return report{}, err
	}
	r := report{SHA256: hash}
	start, startCPU := time.Now(), cpuSeconds()
	for r.Seconds < seconds {
		if err := encodeAll(tok, texts, workers); err != nil {
			return report{}, err
		}
		r.Texts += len(texts)
		r.Seconds = time.Since(start).Seconds()
	}
	r.CPUSeconds = cpuSeconds() - startCPU
	return r, nil
}

// encodeAll encodes every text once. Each worker takes its share from the beginning to the end.
func encodeAll(tok tokenizer.Tokenizer, texts []string, workers int) error {
	var group errgroup.Group
	for w := range workers {
		group.Go(func() error {
			for i := w; i < len(texts); i += workers {
				if _, err := tok.Encode(texts[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// hashIDs is the SHA-256 over the number of ids of each text and the ids, four bytes each, little endian.
func hashIDs(tok tokenizer.Tokenizer, texts []string) (string, error) {
	hash := sha256.New()
	for _, text := range texts {
		ids, err := tok.Encode(text)
		if err != nil {
			return "", err
		}
		line := binary.LittleEndian.AppendUint32(nil, uint32(len(ids)))
		for _, id := range ids {
			line = binary.LittleEndian.AppendUint32(line, uint32(id))
		}
		hash.Write(line)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// cpuSeconds is the user and system time of this process until now.
func cpuSeconds() float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err) // only for a bad argument
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
