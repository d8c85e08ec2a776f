// Package othercpus runs the tests of index/distance on processors that this machine is not: under QEMU's user-mode
// emulation, which refuses instructions that the emulated processor lacks. So it shows both that the kernels of arm64
// compute what they should, and that no processor is handed instructions that it does not have.
package othercpus

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each processor with the kernels that the package must find on it, fastest first.
var processors = []struct {
	arch, emulator, cpu string
	paths               string
}{
	{"arm64", "qemu-aarch64", "max", "[neon+dotprod neon go]"},
	{"arm64", "qemu-aarch64", "cortex-a72", "[neon go]"}, // of the time before the dot-product instructions
	{"amd64", "qemu-x86_64", "Haswell", "[avx2 go]"},
	{"amd64", "qemu-x86_64", "Nehalem", "[go]"}, // of the time before AVX
}

func TestDistanceOnOtherProcessors(t *testing.T) {
	if testing.Short() {
		t.Skip("builds tests for other processors and emulates them; skipped by -short")
	}
	if runtime.GOOS != "linux" {
		t.Skip("user-mode emulation runs programs of Linux on Linux only")
	}
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	folder, built := t.TempDir(), map[string]string{} // by architecture
	for _, p := range processors {
		t.Run(p.arch+"/"+p.cpu, func(t *testing.T) {
			emulator := lookUp(p.emulator+"-static", p.emulator)
			if emulator == "" {
				t.Skipf("%s is not installed, so the kernels of index/distance were not run on a %s "+
					"(Debian, Ubuntu: apt-get install qemu-user-static)", p.emulator, p.cpu)
			}
			binary := built[p.arch]
			if binary == "" {
				binary = build(t, root, folder, p.arch)
				built[p.arch] = binary
			}
			run := exec.Command(emulator, "-cpu", p.cpu, binary, "-test.v")
			run.Dir = filepath.Join(root, "index", "distance")
			out, err := run.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), "all tested: "+p.paths)
		})
	}
}

func lookUp(names ...string) string {
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
}

// build compiles the tests of index/distance for another architecture, without cgo and so without libraries of it.
func build(t *testing.T, root, folder, arch string) string {
	binary := filepath.Join(folder, "distance-"+arch+".test")
	command := exec.Command("go", "test", "-c", "-o", binary, "./index/distance")
	command.Dir = root
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return binary
}
