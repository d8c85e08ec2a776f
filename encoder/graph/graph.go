package graph

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

var (
	// ErrMalformed says that bytes are not an ONNX file.
	ErrMalformed = errors.New("not an ONNX file")
	// ErrOutput says that a graph has no output of the name.
	ErrOutput = errors.New("the graph has no such output")
)

// maxDepth bounds how many graphs may lie inside of one another, as protobuf's own parsers do: a stack has an end.
const maxDepth = 30

// Graph is an ONNX file that has been taken apart. It is not for concurrent use.
type Graph struct {
	Inputs, Outputs []string // names; inputs that have a weight as their default are not among them

	model []field // of the file
	parts []part  // of its graph
	cut   bool
}

// part is a field of the graph with the names that it gives and needs.
type part struct {
	field
	gives, needs []string
}

// Parse takes a file apart. It returns ErrMalformed for bytes that are none. The graph shares the memory of data.
func Parse(data []byte) (*Graph, error) {
	g := &Graph{}
	var err error
	if g.model, err = fields(data); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(g.model, func(f field) bool { return f.number == modelGraph })
	if at < 0 || g.model[at].bytes == nil {
		return nil, fmt.Errorf("%w: it has no graph", ErrMalformed)
	}
	all, err := fields(g.model[at].bytes)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		p, err := newPart(f)
		if err != nil {
			return nil, err
		}
		g.parts = append(g.parts, p)
	}
	g.name()
	return g, nil
}

// name fills in Inputs and Outputs.
func (g *Graph) name() {
	weights := map[string]bool{}
	for _, p := range g.parts {
		if p.number == graphInitializer || p.number == graphSparse {
			weights[p.gives[0]] = true
		}
	}
	g.Inputs, g.Outputs = nil, nil
	for _, p := range g.parts {
		switch {
		case p.number == graphInput && !weights[p.gives[0]]:
			g.Inputs = append(g.Inputs, p.gives[0])
		case p.number == graphOutput:
			g.Outputs = append(g.Outputs, p.needs[0])
		}
	}
}

func newPart(f field) (part, error) { return newInnerPart(f, 0) }

// newInnerPart is newPart for a graph that so many others are around.
func newInnerPart(f field, depth int) (part, error) {
	p := part{field: f}
	switch f.number {
	case graphNode:
		return p, p.readNode(depth)
	case graphInitializer:
		return p, p.readName(f.bytes, tensorName)
	case graphSparse:
		all, err := fields(f.bytes)
		if err != nil {
			return p, err
		}
		return p, p.readName([]byte(text(all, sparseValues)), tensorName)
	case graphInput, graphValueInfo:
		return p, p.readName(f.bytes, valueInfoName)
	case graphOutput:
		err := p.readName(f.bytes, valueInfoName)
		p.gives, p.needs = nil, p.gives
		return p, err
	}
	return p, nil
}

func (p *part) readName(message []byte, number protowire.Number) error {
	all, err := fields(message)
	if err != nil {
		return err
	}
	p.gives = []string{text(all, number)}
	return nil
}

// readNode reads what a node computes from what, its branches and loop bodies included: those see outer names.
func (p *part) readNode(depth int) error {
	all, err := fields(p.bytes)
	if err != nil {
		return err
	}
	for _, f := range all {
		switch f.number {
		case nodeInput:
			p.needs = append(p.needs, string(f.bytes))
		case nodeOutput:
			p.gives = append(p.gives, string(f.bytes))
		case nodeAttribute:
			needs, err := attributeNeeds(f.bytes, depth+1)
			if err != nil {
				return err
			}
			p.needs = append(p.needs, needs...)
		}
	}
	return nil
}

// attributeNeeds lists every name that graphs inside of an attribute use. Names that they define themselves are among
// them, which does no harm: names are unique over a graph and those inside of it.
func attributeNeeds(attribute []byte, depth int) (needs []string, err error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: more than %d graphs inside of one another", ErrMalformed, maxDepth)
	}
	all, err := fields(attribute)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.number != attributeGraph && f.number != attributeGraphs {
			continue
		}
		inner, err := fields(f.bytes)
		if err != nil {
			return nil, err
		}
		for _, f := range inner {
			if f.number != graphNode && f.number != graphOutput {
				continue
			}
			p, err := newInnerPart(f, depth)
			if err != nil {
				return nil, err
			}
			needs = append(needs, p.needs...)
		}
	}
	return needs, nil
}

// Keep drops what the output does not need, other outputs included. It returns ErrOutput when there is none of the name.
func (g *Graph) Keep(output string) error {
	if !slices.Contains(g.Outputs, output) {
		return fmt.Errorf("%w: %q", ErrOutput, output)
	}
	givers := map[string]int{} // name → index of the node that computes it
	for i, p := range g.parts {
		if p.number == graphNode {
			for _, name := range p.gives {
				givers[name] = i
			}
		}
	}
	wanted, nodes := map[string]bool{output: true}, map[int]bool{}
	for open := []string{output}; len(open) > 0; {
		name := open[len(open)-1]
		open = open[:len(open)-1]
		i, computed := givers[name]
		if !computed || nodes[i] {
			continue
		}
		nodes[i] = true
		for _, need := range g.parts[i].needs {
			if !wanted[need] {
				wanted[need] = true
				open = append(open, need)
			}
		}
	}
	g.keep(output, wanted, nodes)
	return nil
}

func (g *Graph) keep(output string, wanted map[string]bool, nodes map[int]bool) {
	var kept []part
	for i, p := range g.parts {
		ok := true
		switch p.number {
		case graphNode:
			ok = nodes[i]
		case graphOutput:
			ok = p.needs[0] == output
		case graphInput, graphInitializer, graphSparse, graphValueInfo:
			ok = wanted[p.gives[0]]
		}
		if ok {
			kept = append(kept, p)
		}
	}
	g.cut = g.cut || len(kept) < len(g.parts)
	g.parts = kept
	g.name()
}
