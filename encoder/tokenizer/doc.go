// Package tokenizer turns text into the token ids that a model's text tower was trained on, following the model's own
// tokenizer.json:
//
//	tok, err := tokenizer.Parse(data) // the contents of tokenizer.json
//	ids, err := tok.Encode("navy check shirt")
//
// Parse reads the WordPiece family: BertNormalizer, BertPreTokenizer, BertProcessing or TemplateProcessing, added
// tokens and truncation. A file that asks for anything else is refused by name rather than tokenized approximately,
// since a slightly wrong token gives a plausible and wrong vector. The ids equal those of the reference library, the
// "tokenizers" package for Python, except for runes that are newer than the Unicode tables of this Go release.
//
// Padding is left to whoever batches texts: how far to pad depends on the batch.
package tokenizer
