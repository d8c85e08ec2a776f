package onnx

// replicas are the sessions of one model, one a device. A run goes to whichever is free.
type replicas[S any] struct {
	all  []S
	free chan S // each as often as it takes runs at once; nil: there is one, and its callers are the limit
}

// newReplicas takes at least one session. Each runs parallel at once, 0 standing for any number.
func newReplicas[S any](all []S, parallel int) *replicas[S] {
	r := &replicas[S]{all: all}
	n := slots(len(all), parallel)
	if n == 0 {
		return r
	}
	r.free = make(chan S, n)
	for i := range n {
		r.free <- all[i%len(all)]
	}
	return r
}

// slots returns how many runs there are at once on so many devices, 0 standing for any number.
func slots(devices, parallel int) int {
	if parallel == 0 && devices == 1 {
		return 0
	}
	return max(1, parallel) * devices
}

// do calls run with a free session, waiting for one.
func (r *replicas[S]) do(run func(S) error) error {
	if r.free == nil {
		return run(r.all[0])
	}
	s := <-r.free
	defer func() { r.free <- s }()
	return run(s)
}
