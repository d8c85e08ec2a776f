package demo

// rail is a row of products that differ in colour only.
type rail struct {
	kind    string
	gender  string
	style   string
	colours []string
}

var genders = map[string]struct{ en, zh string }{
	"men": {"Men", "男士"}, "women": {"Women", "女士"}, "unisex": {"Unisex", "中性"},
}

var assortment = []rail{
	{"t-shirt", "men", "", []string{"yellow", "green", "black", "grey"}},
	{"t-shirt", "men", "print", []string{"red", "navy blue", "white"}},
	{"t-shirt", "women", "v-neck", []string{"pink", "purple"}},
	{"t-shirt", "men", "stripes", []string{"blue"}},
	{"t-shirt", "men", "polo", []string{"red", "navy blue", "green", "white"}},
	{"shirt", "men", "", []string{"white", "black", "purple", "maroon"}},
	{"shirt", "men", "check", []string{"navy blue", "red", "green", "brown"}},
	{"shirt", "men", "fine", []string{"blue", "grey"}},
	{"top", "women", "", []string{"black", "orange"}},
	{"top", "women", "floral", []string{"white", "yellow", "green"}},
	{"dress", "women", "", []string{"red", "black", "blue"}},
	{"dress", "women", "floral", []string{"white", "yellow"}},
	{"dress", "women", "dots", []string{"navy blue"}},
	{"dress", "women", "strappy", []string{"green", "purple"}},
	{"skirt", "women", "", []string{"black", "red", "pink"}},
	{"skirt", "women", "floral", []string{"white"}},
	{"jeans", "men", "", []string{"blue", "navy blue"}},
	{"jeans", "women", "", []string{"blue"}},
	{"trousers", "men", "", []string{"beige", "brown", "black", "grey"}},
	{"track pants", "men", "", []string{"black", "grey"}},
	{"shorts", "men", "", []string{"black", "navy blue", "grey", "red", "green"}},
	{"shorts", "men", "check", []string{"brown"}},
	{"jacket", "men", "", []string{"black", "brown", "navy blue", "green"}},
	{"sweatshirt", "men", "hooded", []string{"grey", "beige"}},
	{"sweatshirt", "women", "", []string{"purple", "grey"}},
	{"sweatshirt", "men", "print", []string{"green"}},
	{"kurta", "women", "floral", []string{"yellow", "pink"}},
	{"kurta", "women", "", []string{"purple", "maroon"}},
	{"tie", "men", "", []string{"red", "black", "purple"}},
	{"tie", "men", "regimental", []string{"navy blue", "maroon"}},
	{"socks", "men", "", []string{"black", "white", "grey", "beige"}},
	{"cap", "unisex", "", []string{"black", "red", "blue", "green", "purple"}},
	{"sports shoes", "men", "", []string{"white", "black", "blue", "grey"}},
	{"sports shoes", "women", "", []string{"pink", "purple"}},
	{"casual shoes", "men", "", []string{"red", "black", "blue", "green", "brown"}},
	{"formal shoes", "men", "", []string{"black", "brown"}},
	{"heels", "women", "", []string{"black", "red", "beige", "pink"}},
	{"sandals", "men", "", []string{"green", "maroon"}},
	{"flip flops", "men", "", []string{"black", "blue", "red"}},
	{"flip flops", "women", "", []string{"pink"}},
	{"handbag", "women", "", []string{"red", "black", "pink", "brown", "blue", "white", "yellow", "purple",
		"orange"}},
	{"backpack", "unisex", "", []string{"black", "blue", "red", "grey", "purple"}},
	{"wallet", "men", "leather", []string{"black", "brown"}},
	{"wallet", "women", "", []string{"red", "pink"}},
	{"watch", "men", "leather", []string{"black", "brown"}},
	{"watch", "men", "metal", []string{"silver", "gold"}},
	{"watch", "men", "chronograph", []string{"black"}},
	{"watch", "men", "digital", []string{"black", "blue"}},
	{"watch", "women", "leather", []string{"white", "pink"}},
	{"sunglasses", "unisex", "", []string{"black", "brown"}},
	{"sunglasses", "women", "", []string{"red", "purple"}},
	{"belt", "men", "leather", []string{"brown", "black"}},
	{"belt", "women", "leather", []string{"white", "red"}},
	{"nail polish", "women", "", []string{"red", "pink", "purple", "blue"}},
	{"lipstick", "women", "", []string{"red", "purple"}},
	{"perfume", "women", "", []string{"pink", "yellow"}},
	{"perfume", "men", "", []string{"blue"}},
}
