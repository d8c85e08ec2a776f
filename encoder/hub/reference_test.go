package hub

import (
	"bytes"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/encoder/hub/hubtest"
)

// The reference client, as far as this package reads the same variables and what it writes.
const referenceClient = `
import sys
from huggingface_hub import HfApi, constants, get_token, hf_hub_download
repo = sys.argv[1]
print(constants.ENDPOINT, get_token(), constants.HF_HUB_CACHE, sep="\n")
for file in HfApi().model_info(repo, revision="main", files_metadata=True).siblings:
    hf_hub_download(repo, file.rfilename)
    print(file.rfilename, file.size, file.lfs.sha256 if file.lfs else file.blob_id)
`

// TestReferenceClient has the reference client download from the hub of these tests, which shows that it is one, compares what
// both read of environment and list, and takes a model out of the cache that the client leaves.
func TestReferenceClient(t *testing.T) {
	python := cmp.Or(os.Getenv("PINAX_PYTHON"), "python3")
	if output, err := exec.CommandContext(t.Context(), python, "-c", "import huggingface_hub").CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED, %s (set PINAX_PYTHON) lacks huggingface_hub: %s", python, bytes.TrimSpace(output))
	}
	server := hubtest.New(t, repo, contents())
	server.RequireToken("secret")
	server.Cut("onnx/model.onnx", 1000, 1)
	home := t.TempDir()
	environment := map[string]string{"HF_ENDPOINT": server.URL + "/", "HF_HOME": home, "HF_TOKEN_PATH": filepath.Join(home, "my-token")}
	require.NoError(t, os.WriteFile(environment["HF_TOKEN_PATH"], []byte("secret\n"), 0o600))
	client := exec.CommandContext(t.Context(), python, "-c", referenceClient, repo)
	client.Env = []string{"PATH=" + os.Getenv("PATH")}
	for key, value := range environment {
		client.Env = append(client.Env, key+"="+value)
	}
	var errs bytes.Buffer
	client.Stderr = &errs
	out, err := client.Output()
	require.NoError(t, err, "%s", &errs)

	o, err := FromEnvironment(func(key string) string { return environment[key] })
	require.NoError(t, err)
	want := []string{o.Endpoint, o.Token, o.Cache}
	cache := o.Cache
	o.Cache = ""
	s, err := impatient(t, o, nil).Snapshot(t.Context(), Ref{Repo: repo})
	require.NoError(t, err)
	for _, f := range s.Files {
		want = append(want, strings.Join([]string{f.Path, strconv.FormatInt(f.Size, 10), f.Digest.Hex}, " "))
	}
	require.ElementsMatch(t, want, strings.Split(strings.TrimSpace(string(out)), "\n"))

	asked := len(server.Requests())
	dir := t.TempDir()
	_, err = fetchAll(t, impatient(t, Options{Offline: true, Cache: cache}, nil), dir)
	require.NoError(t, err)
	requireSame(t, contents(), dir)
	require.Len(t, server.Requests(), asked)
}
