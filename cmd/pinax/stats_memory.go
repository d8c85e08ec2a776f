package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"

	"pinax/web"
)

// memoryOfSystem reads what Linux says of the memory of this process and of what limits it. Elsewhere there are no such
// files, and the error says so.
func memoryOfSystem() (web.Memory, error) { return readMemory(os.DirFS("/")) }

// readMemory reads the files below a root. The limit is the least of the machine's memory and those of the cgroups that the
// process is in, available what the fullest of them has left.
func readMemory(root fs.FS) (web.Memory, error) {
	process, err := readSizes(root, "proc/self/status")
	if err != nil {
		return web.Memory{}, err
	}
	machine, err := readSizes(root, "proc/meminfo")
	if err != nil {
		return web.Memory{}, err
	}
	m := web.Memory{
		ResidentBytes: process["VmRSS:"], FileBytes: process["RssFile:"],
		LimitBytes: machine["MemTotal:"], AvailableBytes: machine["MemAvailable:"], LimitedBy: "machine",
	}
	if m.ResidentBytes == 0 || m.LimitBytes == 0 {
		return web.Memory{}, errors.New("the kernel tells neither of this process nor of the machine")
	}
	for _, g := range groupsOf(root) {
		limit, used, ok := g.read(root)
		if !ok {
			continue
		}
		if limit < m.LimitBytes {
			m.LimitBytes, m.LimitedBy = limit, "cgroup"
		}
		m.AvailableBytes = min(m.AvailableBytes, max(limit-used, 0))
	}
	return m, nil
}

// readSizes reads lines such as "VmRSS:  123 kB".
func readSizes(root fs.FS, name string) (map[string]int64, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 || fields[2] != "kB" {
			continue
		}
		if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil && n >= 0 && n <= math.MaxInt64>>10 {
			sizes[fields[0]] = n << 10
		}
	}
	return sizes, lines.Err()
}

// group is the folder of a cgroup and what its files are called.
type group struct {
	folder string
	files  groupFiles
}

type groupFiles struct{ limit, used, inactive, active string }

var (
	groupV1 = groupFiles{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", "total_active_file"}
	groupV2 = groupFiles{"memory.max", "memory.current", "inactive_file", "active_file"}
)

// groupsOf returns the cgroups of this process, each with those above it: a limit of any of them counts. In a container the
// name of the group may be that on the host, of which only the top is there.
func groupsOf(root fs.FS) []group {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil // a kernel without cgroups
	}
	var all []group
	for line := range strings.Lines(string(text)) {
		// "4:memory:/a/b" in version 1, "0::/a/b" in version 2
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, name, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		mount, files := "sys/fs/cgroup", groupV2
		for controller := range strings.SplitSeq(controllers, ",") {
			if controller == "memory" {
				mount, files = "sys/fs/cgroup/memory", groupV1
			}
		}
		if controllers != "" && files == groupV2 {
			continue // of version 1, for something else
		}
		for name = path.Clean("/" + name); ; name = path.Dir(name) {
			all = append(all, group{path.Join(mount, name), files})
			if name == "/" {
				break
			}
		}
	}
	return all
}

// read returns the limit of a group and how much of it is in use for good: pages of files are taken back when others need
// room. ok is false when there is no limit or no such group.
func (g group) read(root fs.FS) (limit, used int64, ok bool) {
	limit, err := readNumber(root, path.Join(g.folder, g.files.limit))
	if err != nil {
		return 0, 0, false // "max" is no number
	}
	if used, err = readNumber(root, path.Join(g.folder, g.files.used)); err != nil {
		return 0, 0, false
	}
	stat, err := fs.ReadFile(root, path.Join(g.folder, "memory.stat"))
	if err != nil {
		return limit, used, true
	}
	for line := range strings.Lines(string(stat)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if key != g.files.inactive && key != g.files.active {
			continue
		}
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			used -= n
		}
	}
	return limit, max(used, 0), true
}

func readNumber(root fs.FS, name string) (int64, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	if err == nil && n < 0 {
		err = fmt.Errorf("%s: %d is negative", name, n)
	}
	return n, err
}
