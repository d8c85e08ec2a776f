//go:build !linux

package embedded

// advise is for Linux only.
func advise([]byte, int) {}
