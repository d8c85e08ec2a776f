// Package hubtest has a hub for tests: a server on this machine that speaks the protocol, with the habits of the real ones
// (large files lie on another host, behind a redirect) and with faults on demand.
//
//	hub := hubtest.New(t, "owner/model", os.DirFS("models/pinax-mini"))
//	hub.Cut("onnx/vision_model.onnx", 1000, 3) // three answers end after 1,000 bytes
//	os.Setenv("HF_ENDPOINT", hub.URL)
package hubtest

import (
	"bytes"
	"crypto/sha1" // git names blobs by it
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is a hub with one repository.
type Server struct {
	URL     string // of the hub
	Repo    string
	Licence string

	storage string // address of the host with the large files

	mu        sync.Mutex
	revisions map[string]string // branches and tags, and commits themselves
	list      func(files []map[string]any) []map[string]any
	token     string // which whoever asks the hub must bring; "": none
	intercept func(w http.ResponseWriter, r *http.Request) bool
	files     map[string][]byte
	cuts      map[string]*cut
	expired   int
	requests  []Request
}

// Request is what a server was asked.
type Request struct {
	Method, Host, Path, Range, Authorization string
}

type cut struct{ after, times int }

// Commit is what the repository is at.
const Commit = "0123456789abcdef0123456789abcdef01234567"

// New starts a hub whose repository holds the files of a file system, and stops it with the test.
func New(t testing.TB, repo string, files fs.FS) *Server {
	t.Helper()
	s := &Server{Repo: repo, Licence: "apache-2.0", revisions: map[string]string{"main": Commit, Commit: Commit},
		files: map[string][]byte{}, cuts: map[string]*cut{}}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		s.files[name], err = fs.ReadFile(files, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	storage := httptest.NewServer(http.HandlerFunc(s.serveStorage))
	hub := httptest.NewServer(http.HandlerFunc(s.serveHub))
	s.URL, s.storage = hub.URL, storage.URL
	t.Cleanup(hub.Close)
	t.Cleanup(storage.Close)
	return s
}

// Replace changes the content of a file on the storage host behind everybody's back: the list and its hashes are still
// those of the old content if the size is the same.
func (s *Server) Replace(path string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = content
}

// SetIntercept has a function see requests to the hub first; it returns true for those that it has answered. nil: nobody does.
func (s *Server) SetIntercept(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

// SetRevision moves a branch or a tag, or makes it.
func (s *Server) SetRevision(name, commit string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revisions[name] = commit
}

// commit returns what a branch, a tag or a commit stands for, "" when it is not known.
func (s *Server) commit(revision string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revisions[revision]
}

// SetList has a function change the list of files before it is sent; nil: nobody does.
func (s *Server) SetList(f func(files []map[string]any) []map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = f
}

// RequireToken has the hub refuse whoever does not come with a token.
func (s *Server) RequireToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// Cut makes the next answers with a file, so many times, end with the connection after so many bytes.
func (s *Server) Cut(path string, after, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cuts[path] = &cut{after, times}
}

// Requests returns what was asked of both hosts so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Expire makes the next addresses that the hub signs, so many of them, be refused by the host with the large files.
func (s *Server) Expire(times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expired = times
}

func (s *Server) file(path string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	content, ok := s.files[path]
	return content, ok
}

func (s *Server) note(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{r.Method, r.Host, r.URL.Path, r.Header.Get("Range"), r.Header.Get("Authorization")})
}

// isLarge tells which files lie on the storage host, as .gitattributes does on real hubs.
func isLarge(path string) bool { return strings.Contains(path, ".onnx") }

func (s *Server) serveHub(w http.ResponseWriter, r *http.Request) {
	s.note(r)
	s.mu.Lock()
	intercept, token := s.intercept, s.token
	s.mu.Unlock()
	if intercept != nil && intercept(w, r) {
		return
	}
	if token != "" && r.Header.Get("Authorization") != "Bearer "+token {
		http.Error(w, "who asks?", http.StatusUnauthorized)
		return
	}
	if revision, ok := strings.CutPrefix(r.URL.Path, "/api/models/"+s.Repo+"/revision/"); ok {
		s.serveList(w, revision)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/"+s.Repo+"/resolve/")
	revision, path, _ := strings.Cut(rest, "/")
	content, known := s.file(path)
	if !ok || s.commit(revision) == "" || !known {
		w.Header().Set("X-Error-Code", "RepoNotFound")
		http.NotFound(w, r)
		return
	}
	w.Header().Set("X-Repo-Commit", s.commit(revision))
	if isLarge(path) {
		w.Header().Set("X-Linked-Etag", `"`+SHA256(content)+`"`)
		w.Header().Set("X-Linked-Size", fmt.Sprint(len(content)))
		http.Redirect(w, r, s.storage+"/"+path+"?signature="+s.sign(), http.StatusFound)
		return
	}
	w.Header().Set("ETag", `"`+GitSHA1(content)+`"`)
	s.serve(w, r, path, content)
}

func (s *Server) sign() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expired > 0 {
		s.expired--
		return "expired"
	}
	return "secret"
}

func (s *Server) serveList(w http.ResponseWriter, revision string) {
	commit := s.commit(revision)
	if commit == "" {
		w.Header().Set("X-Error-Code", "RevisionNotFound")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	s.mu.Lock()
	var files []map[string]any
	for path, content := range s.files {
		f := map[string]any{"rfilename": path, "size": len(content), "blobId": GitSHA1(content)}
		if isLarge(path) {
			f["lfs"] = map[string]any{"sha256": SHA256(content), "size": len(content), "pointerSize": 130}
		}
		files = append(files, f)
	}
	list := s.list
	s.mu.Unlock()
	if list != nil {
		files = list(files)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{ // who went away wants no answer
		"id": s.Repo, "sha": commit, "siblings": files, "cardData": map[string]any{"license": s.Licence, "language": []string{"en", "zh"}},
	})
}

func (s *Server) serveStorage(w http.ResponseWriter, r *http.Request) {
	s.note(r)
	path := strings.TrimPrefix(r.URL.Path, "/")
	content, ok := s.file(path)
	if !ok || r.URL.Query().Get("signature") != "secret" {
		http.Error(w, "no signature", http.StatusForbidden)
		return
	}
	w.Header().Set("ETag", `"an-etag-of-the-storage"`)
	s.serve(w, r, path, content)
}

// serve answers with a file or a range of it, and breaks off where Cut says so.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, path string, content []byte) {
	s.mu.Lock()
	c := s.cuts[path]
	cutting := c != nil && c.times > 0 && r.Method == http.MethodGet
	if cutting {
		c.times--
		w = &cutWriter{w, c.after}
	}
	s.mu.Unlock()
	http.ServeContent(w, r, path, time.Time{}, bytes.NewReader(content))
}

// cutWriter ends the connection after so many bytes.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (w *cutWriter) Write(p []byte) (int, error) {
	if len(p) < w.left {
		w.left -= len(p)
		return w.ResponseWriter.Write(p)
	}
	_, _ = w.ResponseWriter.Write(p[:w.left])
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// Unwrap is for http.ResponseController.
func (w *cutWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// SHA256 is the hash of a large file, in hexadecimal.
func SHA256(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// GitSHA1 is the name of a git blob, in hexadecimal.
func GitSHA1(content []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...))
	return hex.EncodeToString(sum[:])
}
