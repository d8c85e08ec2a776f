// Package page holds the web page that the server shows at "/": plain HTML, CSS and ES modules, with no build step and
// nothing loaded from elsewhere.
//
//	http.Handle("/", http.FileServerFS(page.FS))
//
// It is written for the policy "default-src 'self'; img-src 'self' data: blob:". A page that breaks the policy fails
// this package's tests.
package page

import "embed"

// FS is the page's files, index.html first.
//
//go:embed *.html *.css *.js *.svg
var FS embed.FS
