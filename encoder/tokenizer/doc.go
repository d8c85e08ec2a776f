// Package tokenizer turns text into the token ids that a model's text tower was trained on, following the model's own
// files:
//
//	tok, err := tokenizer.Open(os.DirFS(folder)) // tokenizer.json, or the older files
//	ids, err := tok.Encode("navy check shirt")
//
// Parse reads a tokenizer.json alone. It knows WordPiece (BERT), BPE over bytes (CLIP, RoBERTa) and over runes with a
// fallback to bytes (Gemma, Llama), and Unigram (XLM-R, T5), with their normalizers, pre-tokenizers, special and added
// tokens, and truncation. A file that asks for anything else is refused by name rather than tokenized approximately,
// since a slightly wrong token gives a plausible and wrong vector. The ids equal those of the reference library, the
// "tokenizers" package for Python.
//
// A text goes through pipeline.go: added tokens are cut out (added.go), what is between them is normalised
// (normalize.go, bert.go, forms.go, precompiled.go) and split (pretokenize.go, pattern.go), and the model gives each
// piece its ids (wordpiece.go, bpe.go and merge.go, unigram.go). All of it takes time linear in the text, or n·log n.
//
// Where a folder has only older vocabulary files, older.go and sentencepiece.go put together what tokenizer.json would
// say; SigLIP's sentencepiece has a way of its own (siglip.go). Folders of open_clip may ask for texts to be cleaned first
// (openclip.go).
//
// Padding is left to whoever batches texts: PadID and PadTo say with what and how far.
package tokenizer
