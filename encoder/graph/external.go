package graph

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

var (
	// ErrExternal says that weights outside of the file cannot be used: they are missing or too short.
	ErrExternal = errors.New("weights outside of the ONNX file")
	// ErrTooLarge says that the weights do not fit into one file of the format.
	ErrTooLarge = errors.New("the weights take more than 2 GiB")
)

// maxSize is what one message of protobuf can have, with room to spare.
const maxSize = 1<<31 - 1<<20

// reference is where weights lie.
type reference struct {
	file           string
	offset, length int64 // length −1: to the end
}

// tensor is a message TensorProto.
type tensor struct {
	fields   []field
	external bool
}

func readTensor(message []byte) (tensor, error) {
	all, err := fields(message)
	t := tensor{fields: all}
	for _, f := range all {
		t.external = t.external || f.number == tensorLocation && f.varint == 1
	}
	return t, err
}

// reference reads the entries location, offset and length.
func (t tensor) reference() (reference, error) {
	r := reference{length: -1}
	for _, f := range t.fields {
		if f.number != tensorExternal {
			continue
		}
		entry, err := fields(f.bytes)
		if err != nil {
			return r, err
		}
		value := text(entry, entryValue)
		switch text(entry, entryKey) {
		case "location":
			r.file = value
		case "offset":
			r.offset, err = strconv.ParseInt(value, 10, 64)
		case "length":
			r.length, err = strconv.ParseInt(value, 10, 64)
		}
		if err != nil {
			return r, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
	}
	if !fs.ValidPath(r.file) || r.file == "." {
		return r, fmt.Errorf("%w: %q is no file of the model's folder", ErrExternal, r.file)
	}
	if r.offset < 0 || r.length < -1 {
		return r, fmt.Errorf("%w: %d bytes from %d of %s", ErrExternal, r.length, r.offset, r.file)
	}
	return r, nil
}

// External lists the files that weights lie in, sorted. Its errors are ErrMalformed and ErrExternal.
func (g *Graph) External() ([]string, error) {
	var files []string
	for _, p := range g.parts {
		err := p.tensors(func(message []byte) error {
			t, err := readTensor(message)
			if err != nil || !t.external {
				return err
			}
			r, err := t.reference()
			files = append(files, r.file)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// tensors visits the tensors of a part: a weight, or constants among the attributes of a node.
func (p *part) tensors(visit func(message []byte) error) error {
	switch p.number {
	case graphInitializer:
		return visit(p.bytes)
	case graphNode:
		return nodeTensors(p.bytes, visit)
	}
	return nil
}

func nodeTensors(node []byte, visit func(message []byte) error) error {
	return within(node, func(f field) error {
		if f.number != nodeAttribute {
			return nil
		}
		return within(f.bytes, func(f field) error {
			switch f.number {
			case attributeTensor, attributeTensors:
				return visit(f.bytes)
			case attributeGraph, attributeGraphs:
				return within(f.bytes, func(f field) error {
					p := part{field: f}
					return p.tensors(visit)
				})
			}
			return nil
		})
	})
}

func within(message []byte, visit func(field) error) error {
	all, err := fields(message)
	if err != nil {
		return err
	}
	for _, f := range all {
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// Encode returns the file of what is kept. Weights that lie in files of fsys, the folder of the ONNX file, are put
// inside. It returns ErrExternal, wrapped with the reason, when they cannot be had, and ErrTooLarge.
func (g *Graph) Encode(fsys fs.FS) ([]byte, error) {
	home := &bringer{fsys: fsys, files: map[string]*weights{}}
	defer home.close()
	size, err := g.size()
	if err != nil {
		return nil, err
	}
	// The graph is written behind room for its tag and length, and the other fields behind it: nothing is copied twice,
	// and the order of fields means nothing.
	const room = 16
	data := make([]byte, room, room+size)
	for _, p := range g.parts {
		if data, err = home.append(data, p.field, inGraph); err != nil {
			return nil, err
		}
		if len(data) > maxSize {
			return nil, ErrTooLarge
		}
	}
	head := protowire.AppendTag(nil, modelGraph, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(len(data)-room))
	copy(data[room-len(head):], head)
	for _, f := range g.model {
		if f.number != modelGraph {
			data = append(data, f.whole...)
		}
	}
	return data[room-len(head):], nil
}

// size is about how many bytes Encode makes, and seldom less.
func (g *Graph) size() (int, error) {
	var size int64 = 4096
	for _, f := range g.model {
		if f.number != modelGraph {
			size += int64(len(f.whole))
		}
	}
	for _, p := range g.parts {
		size += int64(len(p.whole))
		err := p.tensors(func(message []byte) error {
			t, err := readTensor(message)
			if err != nil || !t.external {
				return err
			}
			r, err := t.reference()
			size += min(max(0, r.length), maxSize)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return int(min(size, maxSize)), nil
}

// message says what the bytes of a field are.
type message int

const (
	inGraph message = iota
	inNode
	inAttribute
)

// bringer copies fields and brings external weights home.
type bringer struct {
	fsys  fs.FS
	files map[string]*weights
}

// weights is an open file of weights.
type weights struct {
	file fs.File
	at   io.ReaderAt
	size int64
}

// append copies a field of a message of that kind.
func (b *bringer) append(dst []byte, f field, in message) ([]byte, error) {
	var kind message
	switch {
	case in == inGraph && f.number == graphInitializer, in == inAttribute && (f.number == attributeTensor || f.number == attributeTensors):
		return b.appendTensor(dst, f)
	case in == inGraph && f.number == graphNode:
		kind = inNode
	case in == inNode && f.number == nodeAttribute:
		kind = inAttribute
	case in == inAttribute && (f.number == attributeGraph || f.number == attributeGraphs):
		kind = inGraph
	default:
		return append(dst, f.whole...), nil
	}
	all, err := fields(f.bytes)
	if err != nil {
		return nil, err
	}
	var inner []byte
	for _, f := range all {
		if inner, err = b.append(inner, f, kind); err != nil {
			return nil, err
		}
	}
	return appendBytes(dst, f.number, inner), nil
}

// appendTensor copies a tensor, its weights as raw data in place of the reference to them.
func (b *bringer) appendTensor(dst []byte, f field) ([]byte, error) {
	t, err := readTensor(f.bytes)
	if err != nil {
		return nil, err
	}
	if !t.external {
		return append(dst, f.whole...), nil
	}
	r, err := t.reference()
	if err != nil {
		return nil, err
	}
	raw, err := b.read(r)
	if errors.Is(err, ErrTooLarge) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrExternal, err)
	}
	inner := make([]byte, 0, len(raw)+128)
	for _, f := range t.fields {
		switch f.number {
		case tensorExternal, tensorLocation, tensorRaw:
		default:
			inner = append(inner, f.whole...)
		}
	}
	inner = protowire.AppendTag(inner, tensorRaw, protowire.BytesType)
	inner = protowire.AppendBytes(inner, raw)
	return appendBytes(dst, f.number, inner), nil
}

func (b *bringer) read(r reference) ([]byte, error) {
	w, err := b.open(r.file)
	if err != nil {
		return nil, err
	}
	length := r.length
	if length < 0 {
		length = w.size - r.offset
	}
	if length > maxSize {
		return nil, ErrTooLarge
	}
	if length < 0 || r.offset > w.size-length {
		return nil, fmt.Errorf("%d bytes from %d of %s, which has %d", length, r.offset, r.file, w.size)
	}
	raw := make([]byte, length)
	if _, err := w.at.ReadAt(raw, r.offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return raw, nil
}

func (b *bringer) open(name string) (*weights, error) {
	if w, ok := b.files[name]; ok {
		return w, nil
	}
	file, err := b.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	w := &weights{file: file}
	b.files[name] = w
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	at, ok := file.(io.ReaderAt)
	if !ok || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s cannot be read at a position", name)
	}
	w.at, w.size = at, info.Size()
	return w, nil
}

func (b *bringer) close() {
	for _, w := range b.files {
		w.file.Close()
	}
}
