package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"

	"golang.org/x/sync/errgroup"

	"pinax/bench/catalog"
	"pinax/client"
)

// check reads items back, each with its picture, and searches for each.
func (t *trial) check(ctx context.Context, c *client.Client, ids []string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(t.options.writers)
	for _, id := range ids {
		g.Go(func() error { return t.checkItem(ctx, c, id) })
	}
	return g.Wait()
}

func (t *trial) checkItem(ctx context.Context, c *client.Client, id string) error {
	want := t.ledger.acknowledged[id]
	item, err := c.Item(ctx, collection, id, false)
	if isNotFound(err) {
		t.problem("%s is lost", id)
		return nil
	}
	if err != nil {
		return err
	}
	if what := difference(item, want); what != "" {
		t.problem("%s is half there: %s", id, what)
		return nil
	}
	picture, err := c.Image(ctx, item.Images[0], false)
	if err != nil && !isNotFound(err) {
		return err
	}
	if !bytes.Equal(picture, want.Picture) {
		t.problem("%s has lost its picture", id)
	}
	return t.checkSearch(ctx, c, id, want)
}

// difference says how an item differs from what was sent, "" if it does not.
func difference(got client.StoredItem, want catalog.Product) string {
	hash := sha256.Sum256(want.Picture)
	switch {
	case got.Texts["title"] != want.Title:
		return fmt.Sprintf("title %q instead of %q", got.Texts["title"], want.Title)
	case !maps.Equal(got.Attributes, want.Attributes):
		return fmt.Sprintf("attributes %v instead of %v", got.Attributes, want.Attributes)
	case len(got.Images) != 1:
		return fmt.Sprintf("%d pictures instead of 1", len(got.Images))
	case got.Images[0].SHA256 != hex.EncodeToString(hash[:]):
		return "another picture"
	}
	return ""
}

// checkSearch looks for an item with its own picture and with its own title, first by a walk of the graph.
func (t *trial) checkSearch(ctx context.Context, c *client.Client, id string, p catalog.Product) error {
	missed := false
	for target, part := range map[string]client.Part{"image": {Image: p.Picture}, "text": {Text: p.Title}} {
		s := client.Search{Query: []client.Part{part}, Target: target, Limit: 10}
		found, err := finds(ctx, c, s, id)
		if err != nil {
			return err
		}
		if found {
			continue
		}
		missed = true
		s.Exact = true
		if found, err = finds(ctx, c, s, id); err != nil {
			return err
		}
		if !found {
			t.problem("%s is not found by its %s", id, target)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report.Checks++
	if missed {
		t.report.GraphMisses++
	}
	return nil
}

// same is the cosine from which two entries count as the same picture or title; f32 rounding leaves a little.
const same = 0.99999

// finds reports whether a search for an item's own picture or title finds it. The catalogue has titles and pictures that
// are the same: where ten such fill the page, the item is as good as found.
func finds(ctx context.Context, c *client.Client, s client.Search, id string) (bool, error) {
	result, err := c.Search(ctx, collection, s)
	if err != nil {
		return false, err
	}
	for _, h := range result.Hits {
		if h.ID == id {
			return true, nil
		}
	}
	return len(result.Hits) == s.Limit && result.Hits[s.Limit-1].Score > same, nil
}
