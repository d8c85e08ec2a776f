package hub

import (
	"crypto/sha1" // git names blobs by it
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"regexp"

	"pinax/engine"
)

// Digest is the hash by which a hub names the content of a file: SHA-256 for large ones, which lie in its LFS storage, and
// the name of the git blob, SHA-1 of "blob <size>\x00" and the content, for those in the repository itself. The zero Digest
// is that of a file whose hash is not known.
type Digest struct {
	Algorithm string // AlgorithmSHA256 or AlgorithmGit
	Hex       string
}

// The algorithms of digests.
const (
	AlgorithmSHA256 = "sha256"
	AlgorithmGit    = "git-sha1"
)

var hexDigits = regexp.MustCompile(`^[0-9a-f]+$`)

func sha256Digest(text string) Digest {
	if len(text) == 2*sha256.Size && hexDigits.MatchString(text) {
		return Digest{AlgorithmSHA256, text}
	}
	return Digest{}
}

func gitDigest(text string) Digest {
	if len(text) == 2*sha1.Size && hexDigits.MatchString(text) {
		return Digest{AlgorithmGit, text}
	}
	return Digest{}
}

// etagDigest reads an ETag of a hub, which is the hash itself: 64 digits for SHA-256, 40 for a git blob.
func etagDigest(etag string) Digest {
	if d := sha256Digest(etag); d != (Digest{}) {
		return d
	}
	return gitDigest(etag)
}

// checkFile returns the SHA-256 of a file, in hexadecimal, if the file is what f says, and CodeDamaged if it is not.
func checkFile(name string, f File) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	all, other := io.Writer(sum), hash.Hash(nil)
	if f.Digest.Algorithm == AlgorithmGit {
		other = sha1.New()
		fmt.Fprintf(other, "blob %d\x00", f.Size)
		all = io.MultiWriter(sum, other)
	}
	n, err := io.Copy(all, file)
	if err != nil {
		return "", err
	}
	if n != f.Size {
		return "", engine.Errorf(engine.CodeDamaged, "%s has %d bytes where the hub lists %d", f.Path, n, f.Size)
	}
	found := hex.EncodeToString(sum.Sum(nil))
	compared := found
	if other != nil {
		compared = hex.EncodeToString(other.Sum(nil))
	}
	if f.Digest.Hex != "" && compared != f.Digest.Hex {
		return "", engine.Errorf(engine.CodeDamaged, "%s has the %s hash %s where the hub lists %s",
			f.Path, f.Digest.Algorithm, compared, f.Digest.Hex)
	}
	return found, nil
}
