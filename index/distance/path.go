package distance

// path is a set of kernels that were written for the same instructions. The kernels of a family take it as their first
// argument and branch on it, rather than being called through a table: what is passed to a function in a table escapes
// to the heap, and a batch of scores belongs on the stack. Tests walk all paths of the machine.
type path uint8

const pathGo path = 0

// chosen is asked of the CPU once, when the program starts.
var chosen = available()[0]
