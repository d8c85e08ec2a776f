package main

import (
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"pinax/web"
)

const (
	statusFile  = "Name:\tpinax\nVmRSS:\t    3072 kB\nRssAnon:\t 2048 kB\nRssFile:\t 1024 kB\nThreads:\t9\n"
	meminfoFile = "MemTotal:       16384 kB\nMemFree:  1 kB\nMemAvailable:   8192 kB\n"
)

// system is a root with the files of a machine of 16 MiB, of which half is available, and those given.
func system(files map[string]string) fs.FS {
	root := fstest.MapFS{}
	for name, text := range map[string]string{"proc/self/status": statusFile, "proc/meminfo": meminfoFile} {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

func TestSystemsThatDoNotTell(t *testing.T) {
	for name, root := range map[string]fs.FS{
		"nothing there":         fstest.MapFS{},
		"no machine":            fstest.MapFS{"proc/self/status": {Data: []byte(statusFile)}},
		"empty files":           system(map[string]string{"proc/self/status": "", "proc/meminfo": ""}),
		"numbers that are none": system(map[string]string{"proc/self/status": "VmRSS: lots kB\n", "proc/meminfo": "MemTotal: -5 kB\n"}),
		"too large":             system(map[string]string{"proc/meminfo": "MemTotal: 9223372036854775807 kB\n"}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readMemory(root)
			require.Error(t, err)
		})
	}
}

func TestMemoryOfTheSystem(t *testing.T) {
	const mib = 1 << 20
	for name, c := range map[string]struct {
		files            map[string]string
		limit, available int64
		by               string
	}{
		"no cgroups":   {nil, 16 * mib, 8 * mib, "machine"},
		"damaged list": {map[string]string{"proc/self/cgroup": "x\n\n0:\n"}, 16 * mib, 8 * mib, "machine"},
		"version 2, none": {map[string]string{
			"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/memory.current": "1048576\n",
		}, 16 * mib, 8 * mib, "machine"},
		"version 2, files do not count": {map[string]string{
			"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "4194304\n", "sys/fs/cgroup/a/memory.current": "3145728\n",
			"sys/fs/cgroup/a/memory.stat": "anon 1048576\ninactive_file 1048576\nactive_file 524288\nfile 9\n",
		}, 4 * mib, 4*mib - 3*mib/2, "cgroup"},
		"version 2, limit above": {map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "4194304\n", "sys/fs/cgroup/a/memory.current": "1048576\n",
			"sys/fs/cgroup/a/b/memory.max": "8388608\n", "sys/fs/cgroup/a/b/memory.current": "8388608\n",
		}, 4 * mib, 0, "cgroup"},
		"version 2, over its limit": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1048576\n", "sys/fs/cgroup/memory.current": "2097152\n",
		}, mib, 0, "cgroup"},
		"version 2, only the limit": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1048576\n",
		}, 16 * mib, 8 * mib, "machine"},
		"a negative limit": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "-1\n", "sys/fs/cgroup/memory.current": "0\n",
		}, 16 * mib, 8 * mib, "machine"},
		"version 1, under the host's name": {map[string]string{
			"proc/self/cgroup":                            "9:cpu,cpuacct:/x\n4:memory:/docker/1f\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":  "2097152\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes":  "2097152\n",
			"sys/fs/cgroup/memory/memory.stat":            "inactive_file 1\ntotal_inactive_file 1048576\ntotal_active_file 0\n",
			"sys/fs/cgroup/cpu,cpuacct/x/memory.max":      "1\n",
			"sys/fs/cgroup/cpu,cpuacct/x/memory.current":  "1\n",
			"sys/fs/cgroup/memory/unrelated/memory.limit": "1\n",
		}, 2 * mib, mib, "cgroup"},
		"version 1, unlimited": {map[string]string{
			"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "1\n",
		}, 16 * mib, 8 * mib, "machine"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := readMemory(system(c.files))
			require.NoError(t, err)
			require.Equal(t, web.Memory{
				ResidentBytes: 3 * mib, FileBytes: mib, LimitBytes: c.limit, AvailableBytes: c.available, LimitedBy: c.by,
			}, m)
		})
	}
}

func TestMemoryOfThisSystem(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("SKIPPED: this system has no /proc")
	}
	m, err := memoryOfSystem()
	require.NoError(t, err)
	require.Greater(t, m.ResidentBytes, m.FileBytes)
	require.Greater(t, m.LimitBytes, m.ResidentBytes)
	require.Positive(t, m.AvailableBytes)
}
