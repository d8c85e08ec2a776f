package engine

import (
	"errors"
	"fmt"
	"time"
)

// Code is the stable, machine-readable name of a kind of failure. Clients match on it; the HTTP status follows from it
// in one place (web/problem.go).
type Code string

// The codes. Adding one is a change of the public contract.
const (
	CodeInvalid        Code = "invalid_argument"   // malformed or out of range
	CodeForbidden      Code = "forbidden"          // the caller may not do this
	CodeNotFound       Code = "not_found"          // no such collection, item, picture or encoder
	CodeExists         Code = "already_exists"     // the name is taken
	CodeConflict       Code = "conflict"           // somebody else changed it meanwhile
	CodeDimension      Code = "dimension_mismatch" // a vector of another length than the collection's
	CodeEncoder        Code = "encoder_mismatch"   // the collection was written with another encoder
	CodeTooLarge       Code = "too_large"          // over a stated limit of bytes, pixels or counts
	CodeMediaType      Code = "unsupported_media"  // not a picture of a kind that is decoded
	CodeUnprocessable  Code = "unprocessable"      // well-formed, but nothing usable in it
	CodeBusy           Code = "busy"               // a queue is full; try again later
	CodeUnavailable    Code = "unavailable"        // starting, stopping or unhealthy
	CodeStorageFull    Code = "storage_full"       // the disk has no room
	CodeReadOnly       Code = "read_only"          // the data folder cannot be written
	CodeOutcomeUnknown Code = "outcome_unknown"    // the write may or may not have been stored; repeat it
	CodeDamaged        Code = "damaged"            // a file fails its checks
	CodeInternal       Code = "internal"           // a defect or an unforeseen failure
)

// Error is a failure that its cause can be told about. Detail is safe to show; Err is for the log only.
type Error struct {
	Code   Code
	Detail string // one sentence for a human
	Hint   string // the way out, where there is one
	Err    error  // the cause, never sent to a client
	// RetryAfter is an estimate of when CodeBusy will have passed; 0: nobody knows.
	RetryAfter time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Detail
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a formatted detail. A %w verb becomes the cause and its text part of the detail.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Detail: err.Error(), Err: errors.Unwrap(err)}
}

// WithHint returns a copy of e that tells the way out.
func (e *Error) WithHint(hint string) *Error {
	c := *e
	c.Hint = hint
	return &c
}

// CodeOf returns the code of the first Error in err's chain, CodeInternal when there is none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// At returns err with the place where it arose before its detail, as in "images[2]: …". An error that is no Error comes
// back as it is.
func At(err error, format string, args ...any) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Detail = fmt.Sprintf(format, args...) + ": " + e.Detail
	return &c
}
