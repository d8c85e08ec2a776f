package hub

import (
	"fmt"
	"net/http"
	"time"

	"pinax/engine"
)

const offlineHint = "unset HF_HUB_OFFLINE and models.offline, or bring the model as a folder or an archive and use `pinax models import`"

func offline() error {
	return engine.Errorf(engine.CodeUnavailable, "offline: the network is not used").WithHint(offlineHint)
}

// failure is what an answer without content tells. ref is what was asked for.
func (r *reply) failure(ref Ref) error {
	said := shorten(r.header.Get("X-Error-Message"))
	if said != "" {
		said = ": " + said
	}
	switch {
	case r.moved && r.status >= 400 && r.status < 500 && r.status != http.StatusTooManyRequests:
		// The address that the hub signed has run out; the next attempt gets a new one.
		return passing{err: fmt.Errorf("the host with the files of %s answers with status %d", ref.Repo, r.status)}
	case r.status == http.StatusUnauthorized:
		// Hubs also answer so for repositories that do not exist, to those who bring no token.
		return engine.Errorf(engine.CodeForbidden, "the hub asks who wants %s%s", ref, said).
			WithHint("look whether the name is right; for a private or gated model put a token into HF_TOKEN")
	case r.status == http.StatusForbidden:
		return engine.Errorf(engine.CodeForbidden, "the hub refuses %s%s", ref, said).
			WithHint("accept the model's terms on its page, and see that the token may read it")
	case r.status == http.StatusNotFound && r.header.Get("X-Error-Code") == "RevisionNotFound":
		return engine.Errorf(engine.CodeNotFound, "%s has no revision %q", ref.Repo, ref.revision())
	case r.status == http.StatusNotFound:
		return engine.Errorf(engine.CodeNotFound, "the hub knows no %s%s", ref, said).
			WithHint("look at its spelling; a private model needs a token in HF_TOKEN")
	case r.status == http.StatusTooManyRequests:
		return passing{after: retryAfter(r.header, time.Now()),
			err: engine.Errorf(engine.CodeBusy, "the hub takes no more requests for now%s%s", asksFor(r.header), said).
				WithHint("try again later; a token in HF_TOKEN most often raises the limit")}
	case r.status == http.StatusRequestTimeout || r.status >= 500:
		return passing{after: retryAfter(r.header, time.Now()),
			err: engine.Errorf(engine.CodeUnavailable, "the hub answers with status %d%s", r.status, said).
				WithHint("run the same command again to go on where it stopped")}
	}
	return engine.Errorf(engine.CodeUnavailable, "the hub answers with status %d%s", r.status, said)
}

func asksFor(h http.Header) string {
	if after := retryAfter(h, time.Now()); after > 0 {
		return " and asks to wait for " + after.Round(time.Second).String()
	}
	return ""
}
