package main

import (
	"errors"

	"pinax/engine"
)

// explain is how an error is shown to a person: with the way out, where there is one.
func explain(err error) string {
	var e *engine.Error
	if errors.As(err, &e) && e.Hint != "" {
		return err.Error() + "\n  " + e.Hint
	}
	return err.Error()
}
