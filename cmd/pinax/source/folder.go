package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// pictureExtensions are the names that count as pictures; whether they are is found when they are decoded.
var pictureExtensions = []string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// clipExtensions are the names that count as clips. An animated GIF or WebP is a picture unless it is given as a clip.
var clipExtensions = []string{".mp4", ".m4v", ".mov", ".webm"}

func isPicture(name string) bool {
	return slices.Contains(pictureExtensions, strings.ToLower(filepath.Ext(name)))
}

func isClip(name string) bool {
	return slices.Contains(clipExtensions, strings.ToLower(filepath.Ext(name)))
}

// isMedia tells whether a name counts as a picture or a clip.
func isMedia(name string) bool { return isPicture(name) || isClip(name) }

// errStopped ends a walk whose receiver wants no more.
var errStopped = errors.New("stopped")

// openFolder makes an item of every picture and clip below a folder. Its id is the path from there, with forward slashes.
func openFolder(root string) (*Source, error) {
	root, err := filepath.EvalSymlinks(root) // a walk does not follow a link, not even the one it starts at
	if err != nil {
		return nil, err
	}
	total := 0
	err = walkPictures(root, func(string) error { total++; return nil })
	return &Source{Total: total, Vectors: total, rows: func(_ context.Context, yield func(Row) bool) error {
		opened, err := os.OpenRoot(root) // a link must not lead out of the folder
		if err != nil {
			return err
		}
		defer opened.Close()
		err = walkPictures(root, func(path string) error {
			if !yield(pictureRow(opened, path)) {
				return errStopped
			}
			return nil
		})
		if errors.Is(err, errStopped) {
			return nil
		}
		return err
	}}, err
}

func pictureRow(root *os.Root, path string) Row {
	rel, err := filepath.Rel(root.Name(), path)
	if err != nil {
		return Row{Place: path, Err: err}
	}
	id := filepath.ToSlash(rel)
	if !utf8.ValidString(id) {
		return Row{Place: strconv.Quote(id), Err: errors.New("has a name that is not valid UTF-8, which cannot become an id")}
	}
	data, err := readPicture(root, rel)
	if err != nil {
		return Row{Place: id, ID: id, Err: err}
	}
	row := Row{Place: id, ID: id}
	row.show(id, data)
	return row
}

func walkPictures(root string, found func(path string) error) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil && path != root {
			return found(path) // a folder that cannot be read is one bad row, not the end
		}
		if err != nil {
			return err
		}
		if d.IsDir() || !isMedia(d.Name()) {
			return nil
		}
		return found(path)
	})
}
