package main

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
)

// impatient is an encoder during whose work somebody asks the process to stop.
type impatient struct {
	*enginetest.Encoder
	stop context.CancelFunc
}

func (i impatient) EncodeImages(ctx context.Context, _ [][]byte) ([]engine.EncodedImage, error) {
	i.stop()
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestDemoThatIsCutShortLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e, err := engine.New(enginetest.NewBackend(), []engine.Encoder{impatient{enginetest.NewEncoder(8), cancel}}, engine.DefaultOptions())
	require.NoError(t, err)
	require.ErrorIs(t, fillDemo(ctx, e, slog.Default()), context.Canceled)
	left, err := e.Collections(t.Context(), "", 1)
	require.NoError(t, err)
	require.Empty(t, left)
}
