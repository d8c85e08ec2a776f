package hub

import (
	"regexp"
	"strings"

	"pinax/engine"
)

// DefaultRevision is the branch that a repository has unless somebody renamed it.
const DefaultRevision = "main"

// Ref names a repository and a revision of it: a branch, a tag or a commit; "" means DefaultRevision.
type Ref struct {
	Repo     string // "name" or "owner/name"
	Revision string
}

// String returns the form that ParseRef reads.
func (r Ref) String() string {
	if r.Revision == "" {
		return r.Repo
	}
	return r.Repo + "@" + r.Revision
}

// The rules of the reference client's validate_repo_id, and a wider one for names of git references.
var (
	repoPart     = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$`)
	revisionName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/+-]{0,254}$`)
	commitName   = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// ParseRef reads "owner/name", "name" or either with "@revision". Anything else is CodeInvalid.
func ParseRef(text string) (Ref, error) {
	repo, revision, given := strings.Cut(text, "@")
	r := Ref{Repo: repo, Revision: revision}
	if given && revision == "" {
		return Ref{}, engine.Errorf(engine.CodeInvalid, "%q names no revision after the @", text)
	}
	return r, r.check()
}

func (r Ref) check() error {
	parts := strings.Split(r.Repo, "/")
	good := len(parts) <= 2 && !strings.Contains(r.Repo, "--") && !strings.Contains(r.Repo, "..") &&
		!strings.HasSuffix(r.Repo, ".git")
	for _, part := range parts {
		good = good && repoPart.MatchString(part)
	}
	if !good {
		return engine.Errorf(engine.CodeInvalid, "%q is not the name of a repository", r.Repo).
			WithHint("write it as in openai/clip-vit-base-patch32, with @ and a revision behind it if need be")
	}
	if r.Revision != "" && (!revisionName.MatchString(r.Revision) || strings.Contains(r.Revision, "..")) {
		return engine.Errorf(engine.CodeInvalid, "%q is not a branch, a tag or a commit", r.Revision)
	}
	return nil
}

func (r Ref) revision() string {
	if r.Revision == "" {
		return DefaultRevision
	}
	return r.Revision
}
