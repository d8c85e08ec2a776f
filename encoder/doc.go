// Package encoder turns pictures and texts into vectors of one space with the two towers of a CLIP-like model, read
// from a model folder as model hubs lay it out.
//
//	enc, err := encoder.Open(os.DirFS("models/pinax-mini"), encoder.DefaultOptions())
//	defer enc.Close()
//	vectors, err := enc.EncodeTexts(ctx, []string{"navy check shirt", "红色连衣裙"})
//	images, err := enc.EncodeImages(ctx, [][]byte{jpeg})
//
// The way of a picture: decode pool → input tensor → batch queue → vision tower → L2 normalisation. The way of a text:
// tokenizer, in the caller → batch queue → runs of similar length → text tower → L2 normalisation. Both queues gather
// across callers. Decoding and the towers each have as many workers as there are cores: whichever has work uses them.
// Large pictures wait until few enough pixels are being decoded, since memory does not grow with the cores.
package encoder
