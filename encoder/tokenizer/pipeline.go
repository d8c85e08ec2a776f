package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"
)

// pipeline is a tokenizer as its file composes it: added tokens are cut out, what is between them is normalised, split
// into pieces and handed to the model piece by piece, and special tokens go round the whole.
type pipeline struct {
	raw, normal *addedTokens // found before and after normalisation
	normalizer  normalizer   // nil: none
	steps       []preTokenizer
	model       model
	added       map[string]int64
	frame       frame
	pad         int64
	padTo       int
	maxTokens   int // 0: no limit
	keepEnd     bool
	buffers     *sync.Pool // of *buffers
}

// model turns a piece into ids.
type model interface {
	// appendIDs appends the ids of piece, which is not empty, to dst.
	appendIDs(dst []int64, piece []byte, b *buffers) []int64
	// id is that of a token of the vocabulary.
	id(token string) (int64, bool)
	// size is the number of tokens in the vocabulary.
	size() int
}

// buffers is the working memory of one Encode.
type buffers struct {
	stages              [2][]byte // of normalisation, in turns
	cleaned, decomposed []byte
	normal              []byte // a stretch in a normal form
	source              []byte // a stretch of the text as bytes
	pieces              pieces
	ids                 []int64
	headless            bool // normalisation left the first rune out
	symbols             []symbol
	queue               []candidate
	lattice             []latticeNode
	words               *wordCache
}

func newPipeline(f *file) (*pipeline, error) {
	if err := checkAddedTokens(f.AddedTokens); err != nil {
		return nil, err
	}
	p := &pipeline{pad: none}
	var err error
	if p.normalizer, err = newNormalizer(f.Normalizer); err != nil {
		return nil, err
	}
	if p.steps, err = newPreTokenizers(f.PreTokenizer); err != nil {
		return nil, err
	}
	if err = p.setModel(f.Model); err != nil {
		return nil, err
	}
	if p.frame, err = newFrame(f.PostProcessor); err != nil {
		return nil, err
	}
	tokens := p.numbered(f.AddedTokens)
	p.added = make(map[string]int64, len(tokens))
	for _, t := range tokens {
		p.added[t.Content] = t.ID
	}
	p.raw = newAddedTokens(tokens, false)
	p.normal = p.normalizedTokens(tokens)
	p.setPadding(f.Padding)
	if p.padTo, err = f.Padding.length(); err != nil {
		return nil, err
	}
	p.buffers = &sync.Pool{New: func() any { return &buffers{words: newWordCache()} }}
	return p, p.setTruncation(f.Truncation)
}

func (p *pipeline) setModel(c *component) (err error) {
	if c == nil {
		return fmt.Errorf("%w: no model", ErrMalformed)
	}
	kind := c.Type
	if kind == "" {
		kind = modelKind(c)
	}
	switch kind {
	case "WordPiece":
		p.model, err = newWordPiece(c)
	case "Unigram":
		p.model, err = newUnigram(c)
	case "BPE":
		bytewise := false
		if n := len(p.steps); n > 0 && p.steps[n-1] == preTokenizer(byteAlphabet{}) {
			// The model can read bytes as they are just as well.
			bytewise = true
			p.steps = p.steps[:n-1]
		}
		p.model, err = newBPE(c, bytewise)
	case "":
		err = fmt.Errorf("%w: no model.type", ErrMalformed)
	default:
		err = unsupported("model.type", c.Type)
	}
	return err
}

// modelKind tells the type of a model by its fields, for files from before 2021, which do not name it.
func modelKind(c *component) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(c.raw, &fields) != nil {
		return ""
	}
	for _, known := range []struct{ field, kind string }{
		{"merges", "BPE"}, {"unk_id", "Unigram"}, {"max_input_chars_per_word", "WordPiece"},
	} {
		if _, ok := fields[known.field]; ok {
			return known.kind
		}
	}
	return ""
}

// numbered gives added tokens the ids that the reference gives them, whatever the file says: the vocabulary's where it
// has the token, and else the next free ones in order.
func (p *pipeline) numbered(tokens []addedToken) []addedToken {
	next := int64(p.model.size())
	given := make(map[string]int64, len(tokens))
	at := make(map[int64]int, len(tokens)) // id → place in out
	var out []addedToken
	for _, t := range tokens {
		if t.Content == "" {
			continue
		}
		id, ok := given[t.Content]
		if !ok {
			id, ok = p.model.id(t.Content)
		}
		if !ok {
			id = next
			next++
		}
		given[t.Content], t.ID = id, id
		if i, ok := at[id]; ok {
			out[i] = t // the last of several counts
			continue
		}
		at[id] = len(out)
		out = append(out, t)
	}
	return out
}

// normalizedTokens returns the added tokens that are looked for in normalised text, themselves normalised.
func (p *pipeline) normalizedTokens(tokens []addedToken) *addedTokens {
	normal := slices.Clone(tokens)
	for i, t := range normal {
		if t.Normalized && p.normalizer != nil {
			normal[i].Content = string(p.normalizer.append(nil, []byte(t.Content), new(buffers)))
		}
	}
	return newAddedTokens(normal, true)
}

// setPadding prefers what the file says about padding over the token that is usually used for it.
func (p *pipeline) setPadding(s *padding) {
	if s != nil {
		p.pad = s.PadID
		return
	}
	p.pad = 0
	for _, name := range []string{"[PAD]", "<pad>", "<|endoftext|>"} {
		if id, ok := p.tokenID(name); ok {
			p.pad = id
			return
		}
	}
}

// tokenID is the id of an added token or one of the vocabulary.
func (p *pipeline) tokenID(token string) (int64, bool) {
	if id, ok := p.added[token]; ok {
		return id, true
	}
	return p.model.id(token)
}

func (p *pipeline) setTruncation(t *truncation) error {
	if t == nil {
		return nil
	}
	if t.Strategy != "LongestFirst" && t.Strategy != "OnlyFirst" {
		return unsupported("truncation.strategy", t.Strategy)
	}
	switch t.Direction {
	case "Right", "":
	case "Left":
		p.keepEnd = true
	default:
		return unsupported("truncation.direction", t.Direction)
	}
	if err := p.checkMaxTokens(t.MaxLength); err != nil {
		return fmt.Errorf("%w: truncation.max_length: %w", ErrMalformed, err)
	}
	p.maxTokens = t.MaxLength
	return nil
}

func (p *pipeline) checkMaxTokens(n int) error {
	if special := p.frame.size(); n <= special {
		return fmt.Errorf("%d tokens leave no room beside %d special ones", n, special)
	}
	return nil
}

// PadID implements Tokenizer.
func (p *pipeline) PadID() int64 { return p.pad }

// PadTo implements Tokenizer.
func (p *pipeline) PadTo() int { return p.padTo }

// MaxTokens implements Tokenizer.
func (p *pipeline) MaxTokens() int { return p.maxTokens }

// Truncated implements Tokenizer.
func (p *pipeline) Truncated(maxTokens int) (Tokenizer, error) {
	if err := p.checkMaxTokens(maxTokens); err != nil {
		return nil, err
	}
	c := *p
	c.maxTokens = maxTokens
	return &c, nil
}

// Encode implements Tokenizer.
func (p *pipeline) Encode(text string) ([]int64, error) {
	if !utf8.ValidString(text) {
		return nil, ErrUTF8
	}
	b := p.buffers.Get().(*buffers)
	defer p.buffers.Put(b)
	b.ids = b.ids[:0]
	b.source = append(b.source[:0], text...)
	for at := 0; at < len(text) && !p.full(b); {
		m, found := p.raw.next(b.source, at)
		if !found {
			p.encodeStretch(b.source[at:], at == 0, b)
			break
		}
		p.encodeStretch(b.source[at:m.from], at == 0, b)
		b.ids = append(b.ids, m.id)
		at = m.to
	}
	return p.framed(b.ids), nil
}

// full reports that the rest of the text would be cut off anyway.
func (p *pipeline) full(b *buffers) bool {
	return p.maxTokens > 0 && !p.keepEnd && len(b.ids) >= p.maxTokens
}

// framed truncates ids and returns a copy between the special tokens.
func (p *pipeline) framed(ids []int64) []int64 {
	if room := p.maxTokens - p.frame.size(); p.maxTokens > 0 && len(ids) > room {
		if p.keepEnd {
			ids = ids[len(ids)-room:]
		} else {
			ids = ids[:room]
		}
	}
	out := make([]int64, 0, p.frame.size()+len(ids))
	out = append(out, p.frame.before...)
	out = append(out, ids...)
	return append(out, p.frame.after...)
}

// encodeStretch tokenizes what is between raw added tokens; first says that the caller's text begins with it.
func (p *pipeline) encodeStretch(text []byte, first bool, b *buffers) {
	if len(text) == 0 {
		return
	}
	b.headless = false
	x := &b.pieces
	if p.normalizer != nil {
		x.text = p.normalizer.append(x.text[:0], text, b)
	} else {
		x.text = append(x.text[:0], text...)
	}
	first = first && !b.headless
	if len(p.normal.tokens) == 0 {
		p.encodePieces(first, b)
		return
	}
	b.decomposed = append(b.decomposed[:0], x.text...) // the pieces are rewritten in place
	normal := b.decomposed
	for at := 0; at < len(normal); {
		m, found := p.normal.next(normal, at)
		if !found {
			m.from, m.to = len(normal), len(normal)
		}
		x.text = append(x.text[:0], normal[at:m.from]...)
		p.encodePieces(first && at == 0, b)
		if found {
			b.ids = append(b.ids, m.id)
		}
		at = m.to
	}
}

// encodePieces splits b.pieces.text and hands every piece to the model.
func (p *pipeline) encodePieces(first bool, b *buffers) {
	x := &b.pieces
	if len(x.text) == 0 {
		return
	}
	x.first = first
	x.spans = append(x.spans[:0], span{0, len(x.text)})
	for _, step := range p.steps {
		step.split(x)
	}
	for _, s := range x.spans {
		if p.full(b) {
			return
		}
		b.ids = b.words.appendIDs(b.ids, p.model, x.text[s.from:s.to], b)
	}
}
