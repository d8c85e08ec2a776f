package demo

// colour is a colour as shops name it.
type colour struct {
	zh string
	rgb
	accent uint32 // of prints, trims and soles that go with it
}

var colours = map[string]colour{
	"beige":     {"米色", hex(0xd9c6a3), 0x7a5c3e},
	"black":     {"黑色", hex(0x232326), 0xc9ccd1},
	"blue":      {"蓝色", hex(0x2b62c0), 0xf2d14a},
	"brown":     {"棕色", hex(0x6b4226), 0xd9b98a},
	"gold":      {"金色", hex(0xd0a544), 0xf3e6bd},
	"green":     {"绿色", hex(0x2f9a4b), 0xf4e08a},
	"grey":      {"灰色", hex(0x8d9196), 0x3b3f46},
	"maroon":    {"栗红色", hex(0x6d1a2b), 0xd7b98c},
	"navy blue": {"藏青色", hex(0x1d2a52), 0xd44a3a},
	"orange":    {"橙色", hex(0xf07c1f), 0x2a4a7a},
	"pink":      {"粉色", hex(0xee5fa0), 0xfde3ee},
	"purple":    {"紫色", hex(0x6f3a9c), 0xe7cdf3},
	"red":       {"红色", hex(0xd01f2b), 0xf6e2c0},
	"silver":    {"银色", hex(0xc3c7cc), 0x2c3036},
	"white":     {"白色", hex(0xf4f4f2), 0x2f5f9e},
	"yellow":    {"黄色", hex(0xf5c915), 0x2f6f4f},
}
