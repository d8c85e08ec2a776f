package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"pinax/engine"
)

// Snapshot is a repository at one commit.
type Snapshot struct {
	Ref
	Commit    string // 40 hexadecimal digits
	Licence   string // as its model card says; "" when it does not
	Languages []string
	Files     []File
}

// File is one file of a snapshot.
type File struct {
	Path   string // slash-separated; PathIsSafe holds
	Size   int64  // bytes
	Digest Digest
}

// Bounds of what a listing may hold: the largest repositories have some ten thousand files.
const (
	listingBytes = 32 << 20
	listingFiles = 100_000
	// largestFile keeps sums of sizes within an int64.
	largestFile = 1 << 42
)

// listing is the answer to GET /api/models/{repo}/revision/{revision}?blobs=true.
type listing struct {
	Commit   string    `json:"sha"`
	Disabled bool      `json:"disabled"`
	Card     modelCard `json:"cardData"`
	Files    []struct {
		Path   string `json:"rfilename"`
		Size   *int64 `json:"size"`
		BlobID string `json:"blobId"`
		LFS    *struct {
			SHA256 string `json:"sha256"`
			Size   int64  `json:"size"`
		} `json:"lfs"`
	} `json:"siblings"`
}

// Snapshot asks which commit a revision is at and what it holds. Offline it looks in the cache instead.
func (c *Client) Snapshot(ctx context.Context, ref Ref) (Snapshot, error) {
	if err := ref.check(); err != nil {
		return Snapshot{}, err
	}
	if c.options.Offline {
		return c.cachedSnapshot(ref)
	}
	address, err := c.address("api/models", ref.Repo, "revision/"+url.PathEscape(ref.revision()))
	if err != nil {
		return Snapshot{}, err
	}
	address.RawQuery = "blobs=true"
	var list listing
	err = c.patiently(ctx, func() (bool, error) {
		reply, err := c.do(ctx, http.MethodGet, address, 0)
		if err != nil {
			return false, err
		}
		defer reply.body.Close()
		if reply.status != http.StatusOK {
			return false, reply.failure(ref)
		}
		return false, decodeListing(reply.body, &list)
	})
	if err != nil {
		return Snapshot{}, err
	}
	return list.snapshot(ref)
}

func decodeListing(body io.Reader, list *listing) error {
	limited := &io.LimitedReader{R: body, N: listingBytes + 1}
	err := json.NewDecoder(limited).Decode(list)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case limited.N <= 0:
		return engine.Errorf(engine.CodeTooLarge, "the hub's list of files has more than %d bytes", listingBytes)
	case errors.As(err, &syntax), errors.As(err, &kind):
		return notAHub(err)
	case err != nil:
		return passing{err: fmt.Errorf("the hub's list of files broke off: %w", err)}
	}
	return nil
}

func notAHub(err error) error {
	return &engine.Error{Code: engine.CodeDamaged, Detail: "what answers at the endpoint does not speak the hub's protocol", Err: err,
		Hint: "look at HF_ENDPOINT, or models.endpoint in the configuration"}
}

// snapshot checks what a listing says. Nothing of a listing with one hostile path is used.
func (l listing) snapshot(ref Ref) (Snapshot, error) {
	if !commitName.MatchString(l.Commit) {
		return Snapshot{}, notAHub(errors.New("it names no commit"))
	}
	if l.Disabled {
		return Snapshot{}, engine.Errorf(engine.CodeForbidden, "the hub has disabled %s", ref.Repo)
	}
	if len(l.Files) > listingFiles {
		return Snapshot{}, engine.Errorf(engine.CodeTooLarge, "%s lists %d files, more than %d", ref, len(l.Files), listingFiles)
	}
	s := Snapshot{Ref: ref, Commit: l.Commit, Licence: l.Card.licence(), Languages: l.Card.languages()}
	seen := make(map[string]bool, len(l.Files))
	for _, f := range l.Files {
		if !PathIsSafe(f.Path) || seen[f.Path] {
			return Snapshot{}, engine.Errorf(engine.CodeDamaged, "the list of files of %s holds a path that is not to be trusted: %q",
				ref, shorten(f.Path))
		}
		seen[f.Path] = true
		file := File{Path: f.Path, Size: -1, Digest: gitDigest(f.BlobID)}
		if f.Size != nil {
			file.Size = *f.Size
		}
		if f.LFS != nil {
			file.Size, file.Digest = f.LFS.Size, sha256Digest(f.LFS.SHA256)
		}
		if file.Size < -1 || file.Size > largestFile {
			return Snapshot{}, engine.Errorf(engine.CodeDamaged, "%s lists %q with %d bytes", ref, f.Path, file.Size)
		}
		s.Files = append(s.Files, file)
	}
	return s, nil
}

// modelCard is the front matter of a repository's README. A field is a text, a list or whatever its author wrote.
type modelCard struct {
	Licence  json.RawMessage `json:"license"`
	Language json.RawMessage `json:"language"`
}

// shortWord keeps what strangers write from reaching a terminal as more than a word.
var shortWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`)

func (c modelCard) licence() string {
	if words := wordsOf(c.Licence); len(words) > 0 {
		return words[0]
	}
	return ""
}

func (c modelCard) languages() []string { return wordsOf(c.Language) }

func wordsOf(raw json.RawMessage) []string {
	var words []string
	var one string
	switch {
	case json.Unmarshal(raw, &one) == nil:
		words = []string{one}
	case json.Unmarshal(raw, &words) != nil:
		return nil
	}
	var good []string
	for _, w := range words {
		if shortWord.MatchString(w) && len(good) < 200 {
			good = append(good, w)
		}
	}
	return good
}

// shorten makes a stranger's text fit to be shown.
func shorten(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return text
}
