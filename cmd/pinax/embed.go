package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"pinax/client"
	"pinax/engine"
)

type embedCommand struct {
	settings
	Texts  []string `arg:"" optional:"" help:"Texts to encode."`
	Image  []string `help:"Pictures to encode." type:"existingfile" placeholder:"FILE"`
	Server string   `help:"Encode on this server instead of in this process."`
}

// Run prints one JSON object with the vectors in the order of the arguments.
func (cmd *embedCommand) Run(ctx context.Context) error {
	if len(cmd.Texts)+len(cmd.Image) == 0 {
		return errors.New("give texts, --image or both")
	}
	for i, text := range cmd.Texts {
		if strings.TrimSpace(text) == "" {
			return engine.Errorf(engine.CodeInvalid, "text %d is empty", i+1) // a server would refuse it too
		}
	}
	images := make([][]byte, len(cmd.Image))
	for i, path := range cmd.Image {
		var err error
		if images[i], err = os.ReadFile(path); err != nil {
			return err
		}
	}
	enc, closeEncoder, err := openPairEncoder(ctx, cmd.settings, cmd.Server)
	if err != nil {
		return err
	}
	out, err := embedAll(ctx, enc, cmd.Texts, images)
	if err = errors.Join(err, closeEncoder()); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

type embedOutput struct {
	Texts  [][]float32 `json:"text_embeddings"`
	Images [][]float32 `json:"image_embeddings"`
}

func embedAll(ctx context.Context, enc pairEncoder, texts []string, images [][]byte) (embedOutput, error) {
	out := embedOutput{Texts: [][]float32{}, Images: [][]float32{}}
	var err error
	if len(texts) > 0 {
		if out.Texts, err = enc.EncodeTexts(ctx, texts); err != nil {
			return out, err
		}
		for i, v := range out.Texts {
			if v == nil {
				return out, fmt.Errorf("text %d: %w", i+1, errNoDirection)
			}
		}
	}
	if len(images) == 0 {
		return out, nil
	}
	encoded, err := enc.EncodeImages(ctx, images)
	for i, e := range encoded {
		if e.Err != nil {
			return out, fmt.Errorf("picture %d: %w", i+1, e.Err)
		}
		out.Images = append(out.Images, e.Vector)
	}
	return out, err
}

// errNoDirection is the failure of a text whose vector is nil.
var errNoDirection = errors.New("the encoder finds no direction for it")

// pairEncoder is the part of an encoder that these commands need.
type pairEncoder interface {
	EncodeTexts(ctx context.Context, texts []string) ([][]float32, error)
	EncodeImages(ctx context.Context, images [][]byte) ([]engine.EncodedImage, error)
}

// openPairEncoder returns the encoder of a server or, with "", one of this process, and how to close it.
func openPairEncoder(ctx context.Context, s settings, server string) (pairEncoder, func() error, error) {
	if server != "" {
		c, err := connect(ctx, server)
		return remoteEncoder{c}, func() error { return nil }, err
	}
	cfg, err := s.load(nil)
	if err != nil {
		return nil, nil, err
	}
	enc, err := openEncoder(cfg, engine.Unobserved{})
	if err != nil {
		return nil, nil, err
	}
	return enc, enc.Close, nil
}

// remoteEncoder encodes on a server.
type remoteEncoder struct{ client *client.Client }

// EncodeTexts implements pairEncoder.
func (r remoteEncoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	out, err := r.client.Embed(ctx, texts, nil)
	return out.Texts, err
}

// EncodeImages implements pairEncoder.
func (r remoteEncoder) EncodeImages(ctx context.Context, images [][]byte) ([]engine.EncodedImage, error) {
	out, err := r.client.Embed(ctx, nil, images)
	if err != nil {
		return nil, err
	}
	encoded := make([]engine.EncodedImage, len(images))
	for i, v := range out.Images {
		encoded[i].Vector = v
	}
	for _, e := range out.Errors {
		encoded[e.Image].Err = engine.Errorf(engine.Code(e.Code), "%s", e.Detail)
	}
	return encoded, nil
}
