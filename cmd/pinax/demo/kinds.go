package demo

// kind is a kind of product and how it is drawn.
type kind struct {
	name, zh string // as in a title
	category string
	price    float64  // of the plainest one, in euros
	sizes    []string // nil where one size fits all
	draw     func(*canvas, look)
}

var (
	letters   = []string{"S", "M", "L", "XL"}
	waists    = []string{"28", "30", "32", "34"}
	shoeSizes = []string{"37", "38", "39", "40", "41", "42"}
)

var kinds = map[string]kind{
	"t-shirt":      {"T-shirt", "T恤", "clothing", 12.9, letters, drawTshirt},
	"shirt":        {"Shirt", "衬衫", "clothing", 29.9, letters, drawShirt},
	"top":          {"Top", "上衣", "clothing", 17.9, letters, drawTop},
	"sweatshirt":   {"Sweatshirt", "卫衣", "clothing", 34.9, letters, drawSweatshirt},
	"jacket":       {"Jacket", "夹克", "clothing", 69.9, letters, drawJacket},
	"kurta":        {"Kurta", "印度长衫", "clothing", 24.9, letters, drawKurta},
	"dress":        {"Dress", "连衣裙", "clothing", 44.9, letters, drawDress},
	"skirt":        {"Skirt", "半身裙", "clothing", 24.9, letters, drawSkirt},
	"jeans":        {"Jeans", "牛仔裤", "clothing", 49.9, waists, drawJeans},
	"trousers":     {"Trousers", "长裤", "clothing", 39.9, waists, drawTrousers},
	"track pants":  {"Track Pants", "运动裤", "clothing", 27.9, letters, drawTrackPants},
	"shorts":       {"Shorts", "短裤", "clothing", 19.9, letters, drawShorts},
	"sports shoes": {"Sports Shoes", "运动鞋", "shoes", 64.9, shoeSizes, drawSportsShoe},
	"casual shoes": {"Casual Shoes", "休闲鞋", "shoes", 44.9, shoeSizes, drawSneaker},
	"formal shoes": {"Formal Shoes", "皮鞋", "shoes", 79.9, shoeSizes, drawFormalShoe},
	"heels":        {"Heels", "高跟鞋", "shoes", 49.9, shoeSizes, drawHeel},
	"sandals":      {"Sandals", "凉鞋", "shoes", 34.9, shoeSizes, drawSandal},
	"flip flops":   {"Flip Flops", "人字拖", "shoes", 9.9, shoeSizes, drawFlipFlop},
	"handbag":      {"Handbag", "手提包", "bags", 54.9, nil, drawHandbag},
	"backpack":     {"Backpack", "双肩包", "bags", 39.9, nil, drawBackpack},
	"wallet":       {"Wallet", "钱包", "bags", 24.9, nil, drawWallet},
	"watch":        {"Watch", "手表", "accessories", 89.9, nil, drawWatch},
	"sunglasses":   {"Sunglasses", "太阳镜", "accessories", 34.9, nil, drawSunglasses},
	"belt":         {"Belt", "皮带", "accessories", 22.9, nil, drawBelt},
	"tie":          {"Tie", "领带", "accessories", 18.9, nil, drawTie},
	"socks":        {"Socks", "袜子", "accessories", 5.9, nil, drawSocks},
	"cap":          {"Cap", "棒球帽", "accessories", 14.9, nil, drawCap},
	"nail polish":  {"Nail Polish", "指甲油", "beauty", 6.9, nil, drawNailPolish},
	"lipstick":     {"Lipstick", "口红", "beauty", 11.9, nil, drawLipstick},
	"perfume":      {"Perfume", "香水", "beauty", 42.9, nil, drawPerfume},
}
