// Package hnsw is a vector index built on a Hierarchical Navigable Small World graph (Malkov and Yashunin, "Efficient and
// robust approximate nearest neighbor search using Hierarchical Navigable Small World graphs", 2018; "the paper" below).
//
//	x, err := hnsw.New(hnsw.DefaultOptions(256))
//	err = x.Add(keys, vectors)
//	found, err := x.Search(ctx, query, index.SearchOptions{K: 10})
//
// # Memory
//
// Vectors and links lie in flat chunks that never move (package rows, links.go). A node is a slot number; there are no
// pointers between nodes.
//
// # Concurrency
//
// There is one writer at a time, and it never makes a search wait. Searches read links with atomic loads, and the writer
// changes them with atomic stores, one link at a time, in an order that keeps every intermediate state walkable: a node's
// vector and own links are complete before the first link to it is stored. A slot is used again only after all searches
// that could still see it are over (package rows, epoch.go).
//
// # Reachability
//
// Pruning by Algorithm 4 of the paper can cut the last way to a node, above all among many identical vectors. So some
// links of layer 0 are marked as edges of one spanning tree: they are in both lists and are never pruned (tree.go). From
// any node a walk can reach every other, whatever was added and deleted.
//
// # Deletes
//
// Deleted nodes vanish from results at once and stay as way points. When enough of them have gathered, one sweep takes
// them out of the tree, links their neighbourhoods anew, and gives their slots back (repair.go).
package hnsw
