package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime/debug"
	"strings"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"pinax/engine"
)

const (
	hintDamaged = "restore the folder from a backup; the file itself was left as it is"
	hintFull    = "free space on the disk that holds the data folder; nothing that was stored is affected"
	hintRO      = "make the data folder writable for the user that runs pinax, or name another one with --data"
)

func damagedf(format string, args ...any) error {
	return engine.Errorf(engine.CodeDamaged, format, args...).WithHint(hintDamaged)
}

func errDamagedPicture(d digest, cause error) error {
	return (&engine.Error{
		Code: engine.CodeDamaged, Detail: fmt.Sprintf("the stored picture %s is damaged", d), Err: cause,
	}).WithHint("store an item with this picture again, or restore the folder of pictures from a backup")
}

func errNoCollection(name string) error {
	return engine.Errorf(engine.CodeNotFound, "no collection is called %q", name)
}

func errNoItem(id string) error {
	return engine.Errorf(engine.CodeNotFound, "no item has the id %q", id)
}

func errClosed() error {
	return &engine.Error{Code: engine.CodeUnavailable, Detail: "the storage is closed"}
}

func errOutcomeUnknown(cause error) error {
	return (&engine.Error{
		Code: engine.CodeOutcomeUnknown, Detail: "the call ended before the write was confirmed", Err: cause,
	}).WithHint("repeat the write; writing the same item twice does no harm")
}

// classify gives an error of the operating system or of bbolt the code that its cause deserves. Errors that have a code,
// and those of a context, pass unchanged.
func classify(what string, err error) error {
	var coded *engine.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &coded), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case isFull(err):
		return &engine.Error{Code: engine.CodeStorageFull, Detail: what + ": the disk is full", Hint: hintFull, Err: err}
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return &engine.Error{Code: engine.CodeReadOnly, Detail: what + ": the data folder cannot be written", Hint: hintRO, Err: err}
	}
	return &engine.Error{Code: engine.CodeInternal, Detail: what + " failed", Err: err}
}

// isFull also looks at the text, because bbolt does not wrap what the system says when growing its file fails.
func isFull(err error) bool {
	for _, full := range [...]error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, berrors.ErrMaxSizeReached} {
		if errors.Is(err, full) || strings.HasSuffix(err.Error(), full.Error()) {
			return true
		}
	}
	return false
}

// guarded runs fn, which reads or writes the database, and turns a panic into CodeDamaged. bbolt panics when it meets a
// page that is not what its parent says, and the memory map faults when the file is shorter than its header says or the
// disk cannot read a sector; neither may take down a server that has other collections to serve.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = (&engine.Error{
				Code: engine.CodeDamaged, Detail: "the database is damaged", Err: &panicked{value: r, stack: debug.Stack()},
			}).WithHint(hintDamaged)
		}
	}()
	return fn()
}

// panicked is a panic that guarded caught. Its stack goes to the log, since a defect of our own would look like damage.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprint(p.value) }

// logPanic writes the stack of a panic to the log, if err comes from one.
func logPanic(logger *slog.Logger, err error) {
	var p *panicked
	if errors.As(err, &p) {
		logger.Error("the database is damaged, or a defect makes it look so", "error", p, "stack", string(p.stack))
	}
}
