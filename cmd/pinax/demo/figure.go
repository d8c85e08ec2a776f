package demo

// figure is who wears the clothes.
type figure struct {
	skin, hair rgb
	longHair   bool
}

// What the models look like and wear beside the product. Neighbours on a rail take neighbours in these lists.
var (
	skins  = []rgb{hex(0xe8b896), hex(0xc98f68), hex(0xf0c8a8), hex(0x9a6644), hex(0xdca57c)}
	hairs  = []rgb{hex(0x2a1d18), hex(0x17130f), hex(0x4a2e1c), hex(0x120e0d), hex(0x33221a)}
	aboves = []rgb{hex(0xe9e9ea), hex(0x9db4c8), hex(0x4a4f58), hex(0xb9a58a)}
	belows = []rgb{hex(0x35507e), hex(0x22304f), hex(0x2c2d33), hex(0x4d6e9e)}
)

// model picks the model for the nth product of a rail.
func model(nth int, gender string) figure {
	return figure{skin: skins[nth%len(skins)], hair: hairs[nth%len(hairs)], longHair: gender == "women"}
}

// head draws the head and what a neckline shows of neck and shoulders.
func (c *canvas) head(f figure) {
	if f.longHair {
		c.solid(half("M90 -40 Q64 -40 64 -8 Q64 26 54 62 Q64 72 78 62 L90 40"), plain(f.hair), 8, 0.9)
	}
	neck := c.solid(half("M90 8 L78 8 Q79 30 73 36 L52 42 L54 90 L90 100"), plain(f.skin.lit(-0.06)), 6, 0.8)
	c.shade(c.mask(ellipse(90, 18, 15, 12)).blurred(3).within(neck), -0.25)
	face := c.solid(half("M90 -38 Q70 -38 70 -10 Q71 6 79 15 Q85 21 90 21"), plain(f.skin), 7, 0.9)
	brows, eyes, nose := both("M76 -10 Q81 -13 86 -10"), both("M78 -5 Q81 -6 85 -5"), parsePath("M91 -4 Q94 3 89 4")
	c.seam(face, brows, 1.8, -0.55)
	c.seam(face, eyes, 2.2, -0.65)
	c.seam(face, nose, 1.4, -0.2)
	c.ink(parsePath("M84 10 Q90 13 96 10").stroke(2.4), f.skin.mix(hex(0x9c2f33), 0.55))
	hair := "M90 -44 Q66 -44 67 -14 L69 -4 Q71 -22 82 -26 L90 -27"
	if f.longHair {
		hair = "M90 -44 Q62 -44 63 -8 Q62 16 60 32 Q70 20 71 0 Q72 -18 90 -30"
	}
	c.solid(half(hair), plain(f.hair), 5, 1)
}

// Tops and dresses are drawn life-size, then shrunk so that their wearer's head is on the picture too.
const (
	wornScale = 0.74
	wornTop   = 33
)

const bareArm = "M56 39 Q38 41 32 60 Q22 92 18 130 Q15 165 15 196 Q12 212 19 222 Q28 227 31 212 Q32 190 34 160 " +
	"Q40 124 46 92 L60 72 Z"

// bust draws everything of the wearer of a top that the top does not hide.
func (c *canvas) bust(l look) {
	c.place(wornScale, wornTop)
	m := c.solid(half("M90 180 L46 180 Q38 230 40 300 L86 300 L89 236 L90 234"), denim(l.below), 9, 1)
	c.fold(m, "M90 236 Q74 244 60 240", 5, 0.6)
	c.fold(m, "M90 236 Q106 244 120 240", 5, 0.6)
	c.seam(m, parsePath("M90 190 L90 240"), 1.5, -0.4)
	c.seam(m, both("M46 232 Q60 232 66 212"), 1.5, -0.3)
	c.solid(both(bareArm), plain(l.model.skin), 7, 1)
	c.head(l.model)
}

// body draws the head, the arms and the legs of the wearer of a dress.
func (c *canvas) body(l look) {
	c.place(wornScale, wornTop)
	skin := plain(l.model.skin)
	c.solid(both("M56 200 Q58 250 64 290 L82 290 Q88 250 87 200 Z"), skin, 7, 1)
	c.solid(parsePath(bareArm).shifted(9, 0).pair(), skin, 7, 1)
	c.head(l.model)
}

// hips draws what is seen above and beside trousers or a skirt: the hem of a top and the wearer's hands.
func (c *canvas) hips(l look, bottom float32) {
	c.solid(parsePath("M41 -60 L27 -60 Q22 30 23 56 Q22 79 31 80 Q40 79 39 58 Z").pair(), plain(l.model.skin), 6, 1)
	top := c.solid(half("M90 -60 L53 -60 L50 40 L90 44").shifted(0, bottom-26), plain(l.above), 8, 1)
	c.fold(top, "M60 0 Q70 10 86 8", 4, 0.5)
}

// feet draws a pair of dark shoes at the bottom of the picture.
func (c *canvas) feet() {
	c.shadow(ellipse(90, 234, 44, 4), 1, 0.4)
	c.solid(both("M52 220 Q42 232 44 236 Q56 241 72 237 Q80 234 79 220 Z"), plain(black.lit(0.1)), 4, 1)
}
