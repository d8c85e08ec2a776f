package demo

// style is a pattern, a cut or a material: what stands between the colour and the kind in a title.
type style struct {
	en, zh string
	fabric func(c, accent rgb) paint // nil: plain
}

var styles = map[string]style{
	"":            {},
	"check":       {"Check", "格子", func(c, _ rgb) paint { return checked(c.mix(white, 0.72), c, 17).wavy() }},
	"chronograph": {"Chronograph", "计时", nil},
	"digital":     {"Digital", "电子", nil},
	"dots":        {"Polka Dot", "波点", func(c, _ rgb) paint { return dotted(c, c.contrast(), 13).wavy() }},
	"floral":      {"Floral Print", "印花", floralOn},
	"hooded":      {"Hooded", "连帽", nil},
	"leather":     {"Leather", "真皮", func(c, _ rgb) paint { return leather(c) }},
	"strappy":     {"Strappy", "吊带", nil},
	"metal":       {"Metal Strap", "金属表带", nil},
	"polo":        {"Polo", "POLO", nil},
	"print":       {"Printed", "印花", nil},
	"stripes":     {"Striped", "条纹", func(c, _ rgb) paint { return striped(c, c.contrast(), 17, 0.36, 0).wavy() }},
	"fine": {"Fine Striped", "细条纹", func(c, _ rgb) paint {
		return striped(c.mix(white, 0.75), c, 7, 0.3,
			90).wavy()
	}},
	"regimental": {"Striped", "条纹", func(c, a rgb) paint { return striped(c, a, 22, 0.3, 35) }},
	"v-neck":     {"V-Neck", "V领", nil},
}

func floralOn(c, accent rgb) paint {
	petals := white.mix(accent, 0.35)
	if c.luma() > 0.7 {
		petals = hex(0xd8457a)
	}
	return floral(c, petals, hex(0xf2c230), c.lit(-0.35).mix(hex(0x2f7a45), 0.6)).wavy()
}
