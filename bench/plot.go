package main

import (
	"bytes"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	_ "gonum.org/v1/plot/vg/vgsvg" // plots are saved as .svg
)

// picture is a plot of metrics, a row for each peer: every value that was measured is
// a ring, their median a bar.
type picture struct {
	file, title, axis string
	metrics           []string // each in a colour of its own; of one metric, each timing is
	log               bool
}

var allPictures = []picture{
	{file: "handover.svg", title: "Graceful handover: without a leader after Stop", axis: "ms", metrics: []string{"handover"}, log: true},
	{file: "crash.svg", title: "Crash: without a leader past the lease's end", axis: "ms", metrics: []string{"crash.past"}},
	{file: "requests.svg", title: "Requests to the store (" + defaults.name + ")", axis: "per second", metrics: []string{"requests.leader", "requests.follower"}},
	{file: "check.svg", title: "Asking whether one leads", axis: "ns", metrics: []string{"check.alone", "check.together"}, log: true},
	{file: "memory.svg", title: "Memory of an election, of a thousand in one process", axis: "KiB", metrics: []string{"memory.leads", "memory.follows"}},
	{file: "overlap.svg", title: "Two leaders at once", axis: "ms", metrics: []string{"overlap.pause", "overlap.blackhole", "overlap.restart"}},
}

// stripe is what has one colour in a picture.
type stripe struct{ label, metric, timing string }

var stripeNames = map[string]string{
	"requests.leader": "leader", "requests.follower": "follower",
	"check.alone": "one goroutine", "check.together": "all cores",
	"memory.leads": "leads", "memory.follows": "follows",
	"overlap.pause": "after SIGCONT", "overlap.blackhole": "black hole", "overlap.restart": "store restarts",
}

func (p picture) stripes() []stripe {
	var stripes []stripe
	if len(p.metrics) == 1 {
		for _, t := range timings {
			stripes = append(stripes, stripe{t.name, p.metrics[0], t.name})
		}
		return stripes
	}
	timing := defaults.name
	if p.file == "overlap.svg" {
		timing = timings[0].name // of which there are more rounds
	}
	for _, metric := range p.metrics {
		stripes = append(stripes, stripe{stripeNames[metric], metric, timing})
	}
	return stripes
}

var colours = []color.Color{
	color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}, // told apart by the colour-blind
	color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff},
	color.RGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff},
}

func init() {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	plotter.DefaultFont = plot.DefaultFont
}

// draw draws the pictures of which there are values.
func (r *results) draw(dir string) error {
	for _, p := range allPictures {
		if !slices.ContainsFunc(p.metrics, r.has) {
			continue
		}
		if err := r.drawOne(p, filepath.Join(dir, p.file)); err != nil {
			return err
		}
	}
	return nil
}

func (r *results) drawOne(p picture, path string) error {
	rows := r.rows(p.metrics[0])
	slices.Reverse(rows) // the first is on top
	drawn := plot.New()
	drawn.Title.Text, drawn.X.Label.Text = p.title, p.axis
	drawn.Legend.Top, drawn.Legend.XOffs, drawn.Legend.YOffs = true, -vg.Millimeter, -vg.Millimeter
	drawn.Add(plotter.NewGrid())
	drawn.NominalY(rows...)
	if p.log {
		drawn.X.Scale, drawn.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	stripes := p.stripes()
	lowest, highest := math.Inf(1), math.Inf(-1)
	for i, s := range stripes {
		var points, medians plotter.XYs
		for row, peer := range rows {
			values := r.values(s.metric, peer, s.timing)
			if len(values) == 0 {
				continue
			}
			y := float64(row) + 0.5*(float64(len(stripes)-1)/2-float64(i))/float64(len(stripes))
			for _, value := range values {
				points = append(points, plotter.XY{X: p.shown(value), Y: y})
			}
			medians = append(medians, plotter.XY{X: p.shown(median(values)), Y: y})
			lowest, highest = min(lowest, p.shown(values[0])), max(highest, p.shown(values[len(values)-1]))
		}
		if err := addStripe(drawn, s.label, colours[i], points, medians); err != nil {
			return err
		}
	}
	if p.log {
		drawn.X.Min, drawn.X.Max = decades(lowest, highest)
	} else {
		drawn.X.Min = min(0, lowest)
	}
	drawn.Y.Min, drawn.Y.Max = -0.5, float64(len(rows))+0.3 // room for the legend
	return save(drawn, len(rows), path)
}

// decades are whole powers of ten around what lies between.
func decades(lowest, highest float64) (from, to float64) {
	from, to = math.Pow(10, math.Floor(math.Log10(lowest))), math.Pow(10, math.Ceil(math.Log10(highest)))
	if from == to {
		to *= 10
	}
	return from, to
}

// save names fonts that a browser has: the plot is laid out for Liberation Sans, which
// is as wide as Arial and Helvetica.
func save(drawn *plot.Plot, rows int, path string) error {
	formatted, err := draw.NewFormattedCanvas(18*vg.Centimeter, vg.Length(3+rows)*vg.Centimeter, "svg")
	if err != nil {
		return err
	}
	paper := draw.New(formatted)
	paper.SetColor(color.White)
	paper.Fill(paper.Path())
	const margin = 3 * vg.Millimeter
	drawn.Draw(draw.Crop(paper, margin, -margin, margin, -margin))
	var text bytes.Buffer
	if _, err := formatted.WriteTo(&text); err != nil {
		return err
	}
	const laidOut = "font-family:Liberation Sans"
	named := bytes.ReplaceAll(text.Bytes(), []byte(laidOut), []byte(laidOut+",Arial,Helvetica,sans-serif"))
	return os.WriteFile(path, named, 0o644)
}

// shown is where a value lies: nothing lies at 0 on a logarithmic axis.
func (p picture) shown(value float64) float64 {
	if p.log {
		return max(value, 0.01)
	}
	return value
}

func addStripe(to *plot.Plot, label string, colour color.Color, points, medians plotter.XYs) error {
	if len(points) == 0 {
		return nil
	}
	rings, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	rings.GlyphStyle = draw.GlyphStyle{Color: colour, Radius: vg.Points(2), Shape: draw.RingGlyph{}}
	bars, err := plotter.NewScatter(medians)
	if err != nil {
		return err
	}
	bars.GlyphStyle = draw.GlyphStyle{Color: colour, Radius: vg.Points(6), Shape: barGlyph{}}
	to.Add(rings, bars)
	to.Legend.Add(label, rings)
	return nil
}

// barGlyph is a vertical line.
type barGlyph struct{}

func (barGlyph) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	c.StrokeLine2(draw.LineStyle{Color: style.Color, Width: vg.Points(2)}, at.X, at.Y-style.Radius, at.X, at.Y+style.Radius)
}
