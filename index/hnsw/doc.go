// Package hnsw is a vector index built on a Hierarchical Navigable Small World graph (Malkov and Yashunin, "Efficient and
// robust approximate nearest neighbor search using Hierarchical Navigable Small World graphs", 2018; "the paper" below).
//
//	x, err := hnsw.New(hnsw.DefaultOptions(256))
//	err = x.Add(keys, vectors)
//	found, err := x.Search(ctx, query, index.SearchOptions{K: 10})
//
// # Memory
//
// A node is a slot number. Its key, codes, full vector and links lie in columns of flat memory that never move (packages
// rows and vectors, links.go); there are no pointers between nodes.
//
// # Searches
//
// A walk scores nodes by their codes (package quantizer), and the best that it found are ranked by their full vectors
// (hnsw.go). It ends where what is left is clearly farther than the k-th best so far (within.go). With a filter the planner
// chooses between a scan of the matches and a longer walk (plan.go); a search can ask for a recall instead of ef (recall.go).
//
// # Concurrency
//
// One call of Add, Delete or Checkpoint at a time, and none makes a search wait. Add links its vectors on several cores
// (insert.go). Searches read links with atomic loads, and writers change them with atomic stores, one link at a time, in an
// order that keeps every intermediate state walkable: a node's vector and own links are complete before the first link to
// it is stored. A slot is used again only after all searches that could still see it are over (package rows, epoch.go).
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
// them out of the tree, puts others in their place in the lists of their neighbours, and gives their slots back
// (repair.go). When most slots are free, the graph moves into a smaller one (compact.go).
package hnsw
