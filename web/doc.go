// Package web serves an engine over HTTP: the JSON contract of openapi.yaml, the page, health and metrics. It knows
// nothing of storage or models.
//
//	s := web.New(web.DefaultOptions())
//	go http.Serve(listener, s) // answers 503 until the engine is there
//	s.Ready(engine)
package web
