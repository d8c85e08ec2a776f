package demo

// look is what tells one product of a kind from another.
type look struct {
	style  string // a key of styles, or "" for plain
	colour rgb    // of the cloth or the material
	accent rgb    // of prints, trims, soles, dials
	fabric paint  // the colour in its pattern
	women  bool   // cut for women
	model  figure // who wears it
	above  rgb    // of the top worn with it
	below  rgb    // of the trousers worn with it
}
