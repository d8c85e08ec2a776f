// Package backendtest is the conformance suite of [engine.Backend]. Every backend must pass it.
//
//	func TestConformance(t *testing.T) {
//		backendtest.Run(t, func(t *testing.T) (engine.Backend, func() engine.Backend) {
//			dir := t.TempDir()
//			store := open(t, dir)
//			return store, func() engine.Backend { store.Close(); store = open(t, dir); return store }
//		})
//	}
package backendtest
