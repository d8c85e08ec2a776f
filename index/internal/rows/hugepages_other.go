//go:build unix && !linux

package rows

func adviseHugePages([]byte) {}
