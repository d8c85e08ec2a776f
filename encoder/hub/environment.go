package hub

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pinax/engine"
)

// Options says where models come from and who asks.
type Options struct {
	Endpoint string // address of the hub, as in https://hub.example; "" is refused when it would be asked
	Token    string // sent to the endpoint and to nobody else; "": none
	Offline  bool   // never use the network
	Cache    string // folder where the reference client keeps what it has downloaded; "": do not look there
}

// FromEnvironment reads what the reference client (huggingface_hub, constants.py and utils/_auth.py) reads: HF_ENDPOINT;
// the token from HF_TOKEN, HUGGING_FACE_HUB_TOKEN or the file at HF_TOKEN_PATH, by default "token" in HF_HOME; HF_HUB_OFFLINE
// or TRANSFORMERS_OFFLINE; and the cache from HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE or "hub" in HF_HOME. HF_HOME is by
// default "huggingface" in XDG_CACHE_HOME or ~/.cache. HF_HUB_DISABLE_IMPLICIT_TOKEN leaves the token out.
func FromEnvironment(getenv func(string) string) (Options, error) {
	home := firstSet(getenv("HF_HOME"), filepath.Join(firstSet(getenv("XDG_CACHE_HOME"), "~/.cache"), "huggingface"))
	o := Options{
		Endpoint: strings.TrimRight(getenv("HF_ENDPOINT"), "/"),
		Offline:  isTrue(firstSet(getenv("HF_HUB_OFFLINE"), getenv("TRANSFORMERS_OFFLINE"))),
		Cache:    expand(firstSet(getenv("HF_HUB_CACHE"), getenv("HUGGINGFACE_HUB_CACHE"), filepath.Join(home, "hub")), getenv),
	}
	if isTrue(getenv("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
		return o, nil
	}
	if o.Token = cleanToken(firstSet(getenv("HF_TOKEN"), getenv("HUGGING_FACE_HUB_TOKEN"))); o.Token != "" {
		return o, nil
	}
	file := expand(firstSet(getenv("HF_TOKEN_PATH"), filepath.Join(home, "token")), getenv)
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return o, &engine.Error{Code: engine.CodeInvalid, Detail: "the token file cannot be read", Err: err,
			Hint: "make it readable, name another by HF_TOKEN_PATH, or set HF_TOKEN"}
	}
	o.Token = cleanToken(string(text))
	return o, nil
}

func firstSet(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// isTrue knows the values that the reference client takes for true.
func isTrue(value string) bool {
	return slices.Contains([]string{"1", "ON", "YES", "TRUE"}, strings.ToUpper(value))
}

// cleanToken drops what an editor leaves around a token in a file.
func cleanToken(token string) string {
	return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(token))
}

// expand replaces a leading ~ and variables, as the reference client does.
func expand(path string, getenv func(string) string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			path = home + path[1:]
		}
	}
	return os.Expand(path, getenv)
}
