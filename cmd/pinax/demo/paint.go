package demo

import "math"

// rgb is a colour in sRGB, each part from 0 to 1.
type rgb struct{ r, g, b float32 }

var (
	white    = rgb{1, 1, 1}
	black    = rgb{0.08, 0.08, 0.09}
	gold     = hex(0xd2ab5a)
	chrome   = hex(0xcdd0d6)
	fittings = hex(0xd8c391) // the buckles, rings and clasps of bags
)

func hex(v uint32) rgb {
	return rgb{float32(v>>16&255) / 255, float32(v>>8&255) / 255, float32(v&255) / 255}
}

// mix moves the colour towards another by t from 0 to 1.
func (c rgb) mix(to rgb, t float32) rgb {
	return rgb{c.r + (to.r-c.r)*t, c.g + (to.g-c.g)*t, c.b + (to.b-c.b)*t}
}

// lit moves the colour towards white (amount > 0) or black (amount < 0).
func (c rgb) lit(amount float32) rgb {
	if amount > 0 {
		return c.mix(white, min(amount, 1))
	}
	return c.mix(rgb{}, min(-amount, 1))
}

// luma is the perceived brightness from 0 to 1 (Rec. 601).
func (c rgb) luma() float32 { return 0.299*c.r + 0.587*c.g + 0.114*c.b }

// contrast is a colour for a print, a stripe or a seam that stands out on c.
func (c rgb) contrast() rgb {
	if c.luma() > 0.55 {
		return c.mix(rgb{0.12, 0.13, 0.22}, 0.75)
	}
	return c.mix(white, 0.85)
}

// paint gives the colour of a fabric or a material at a pixel.
type paint func(x, y float32) rgb

func plain(c rgb) paint { return func(_, _ float32) rgb { return c } }

// striped alternates two colours; angle 0 is horizontal stripes, 90 vertical ones. share is the width of the second
// colour in a period.
func striped(c, second rgb, period, share float32, degrees float64) paint {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return func(x, y float32) rgb {
		t := wrap((x*float32(sin)+y*float32(cos))/period) * period
		return c.mix(second, band(t, share*period))
	}
}

// checked weaves stripes of the second colour both ways, so that they deepen where they cross.
func checked(c, second rgb, period float32) paint {
	return func(x, y float32) rgb {
		across := band(wrap(x/period)*period, period*0.42)
		down := band(wrap(y/period)*period, period*0.42)
		fine := max(band(wrap(x/period+0.29)*period, 1.2), band(wrap(y/period+0.29)*period, 1.2))
		return c.mix(second, 0.42*across+0.42*down).mix(white, 0.5*fine)
	}
}

// dotted prints round dots on a hexagonal grid.
func dotted(c, second rgb, period float32) paint {
	return func(x, y float32) rgb {
		row := float32(math.Floor(float64(y / (period * 0.866))))
		dx := (wrap(x/period+0.5*float32(int(row)&1)) - 0.5) * period
		dy := y - (row+0.5)*period*0.866
		return c.mix(second, clamp(period*0.24-point{dx, dy}.length()+0.5))
	}
}

// floral scatters five-petalled flowers and leaves over the cloth.
func floral(c rgb, petals, hearts, leaves rgb) paint {
	const period = 21
	return func(x, y float32) rgb {
		out := c
		for cell := range 9 {
			i, j := floor(x/period)+cell%3-1, floor(y/period)+cell/3-1
			h := hash(i, j)
			centre := point{(float32(i) + 0.2 + 0.6*part(h, 0)) * period, (float32(j) + 0.2 + 0.6*part(h,
				8)) * period}
			d := point{x, y}.minus(centre)
			r := d.length()
			if r > 12 {
				continue // beyond the longest leaf
			}
			angle := math.Atan2(float64(d.y), float64(d.x)) + 6.28*float64(part(h, 16))
			leaf := 11 * float32(math.Pow(math.Abs(math.Cos(angle)), 6))
			bloom := (6.2 + 2.2*part(h, 4)) * (0.72 + 0.28*float32(math.Cos(5*angle)))
			out = out.mix(leaves, 0.9*clamp(leaf-r)).mix(petals, clamp(bloom-r+0.5)).mix(hearts, clamp(2.4-r))
		}
		return out
	}
}

// denim is a faded twill with slubs down the warp.
func denim(c rgb) paint {
	return func(x, y float32) rgb {
		slub := noise(x*1.1, y*0.07) - 0.5
		twill := wrap((x+y)/3) - 0.5
		fade := noise(x/26+7, y/40) - 0.5
		return c.lit(0.16*slub + 0.07*twill + 0.16*fade)
	}
}

// knitted has the fine ribs of a jumper.
func knitted(p paint) paint {
	return func(x, y float32) rgb {
		return p(x, y).lit(-0.09 * (0.5 + 0.5*float32(math.Sin(float64(x)*2.1))) * (0.6 + 0.4*wrap(y/3)))
	}
}

// leather has a fine uneven grain.
func leather(c rgb) paint {
	return func(x, y float32) rgb { return c.lit(0.07*(noise(x/2, y/2)-0.5) + 0.05*(noise(x/9, y/9)-0.5)) }
}

// metal is brushed, with bright and dark bands across.
func metal(c rgb) paint {
	return func(x, y float32) rgb {
		return c.lit(0.28*float32(math.Sin(float64(x)*0.16+1)) + 0.05*(noise(x/2, y*2)-0.5))
	}
}

// turned rotates a pattern, as on a sleeve that hangs aslant.
func (p paint) turned(degrees float64) paint {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	s, k := float32(sin), float32(cos)
	return func(x, y float32) rgb { return p(x*k+y*s, y*k-x*s) }
}

// lit is the paint in brighter or dimmer light.
func (p paint) lit(amount float32) paint {
	return func(x, y float32) rgb { return p(x, y).lit(amount) }
}

// wavy lets a pattern follow loose cloth.
func (p paint) wavy() paint {
	return func(x, y float32) rgb {
		return p(x+1.6*float32(math.Sin(float64(y)/17)), y+1.8*float32(math.Sin(float64(x)/15)))
	}
}

// band is 1 for t in [0, w] and falls to 0 over a pixel on either side: an antialiased stripe.
func band(t, w float32) float32 { return clamp(t+0.5) * clamp(w-t+0.5) }

func clamp(v float32) float32 { return max(0, min(1, v)) }

func floor(v float32) int { return int(math.Floor(float64(v))) }

// wrap is the fraction of v, in [0, 1) for negative v too.
func wrap(v float32) float32 { return v - float32(math.Floor(float64(v))) }

// hash scrambles a lattice point (the finaliser of MurmurHash3).
func hash(i, j int) uint32 {
	h := uint32(i)*0x9e3779b1 ^ uint32(j)*0x85ebca77
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

// part is a byte of a hash as a fraction in [0, 1).
func part(h uint32, shift uint) float32 { return float32(h>>shift&255) / 256 }

// noise is smooth value noise in [0, 1] with a lattice of 1.
func noise(x, y float32) float32 {
	i, j := floor(x), floor(y)
	u, v := x-float32(i), y-float32(j)
	u, v = u*u*(3-2*u), v*v*(3-2*v)
	top := part(hash(i, j), 0)*(1-u) + part(hash(i+1, j), 0)*u
	bottom := part(hash(i, j+1), 0)*(1-u) + part(hash(i+1, j+1), 0)*u
	return top*(1-v) + bottom*v
}
