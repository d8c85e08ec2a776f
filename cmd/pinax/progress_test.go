package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/schollz/progressbar/v3"
	"github.com/stretchr/testify/require"
)

func TestProgressEndsWhereItIs(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		full bool
	}{
		"after success": {nil, true},
		"interrupted":   {errors.New("interrupted"), false},
	} {
		t.Run(name, func(t *testing.T) {
			var screen bytes.Buffer
			p := &progress{bar: progressbar.NewOptions(100, progressbar.OptionSetWriter(&screen)), w: &screen}
			for range 40 {
				p.add()
			}
			require.Contains(t, screen.String(), " 40%")
			p.say("row %d is bad", 41)
			require.Contains(t, screen.String(), "\rrow 41 is bad\n", "the bar is wiped out first")
			p.end(tc.err)
			require.Equal(t, tc.full, bytes.Contains(screen.Bytes(), []byte("100%")), "%q", screen.String())
			require.True(t, bytes.HasSuffix(screen.Bytes(), []byte("\n")))
		})
	}
	var screen bytes.Buffer
	quiet := &progress{w: &screen}
	quiet.add()
	quiet.say("row 1 is bad")
	quiet.end(nil)
	require.Equal(t, "row 1 is bad\n", screen.String())
}
