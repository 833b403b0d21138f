package main

import (
	"image/color"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// graph is a plot of curves, both of its axes logarithmic.
type graph struct {
	file, title, x, y string
	curves            func(r *results) []curve
}

// curve has a ring for each value, and a line.
type curve struct {
	label       string
	rings, line plotter.XYs
}

var allGraphs = []graph{
	{file: "scale.svg", title: "Heartbeats that were later than that", x: "ms", y: "share of all", curves: lateness},
	{file: "candidates-handover.svg", title: "Graceful handover: without a leader after a release", x: "candidates", y: "ms", curves: byCandidates("rivals.handover")},
	{file: "candidates-rush.svg", title: "Requests in the first second after a release, beyond the usual", x: "candidates", y: "requests", curves: byCandidates("rivals.release.second")},
}

// lateness is, for each lateness, the share of heartbeats beyond it.
func lateness(r *results) []curve {
	curves := make([]curve, 0, len(scaleSizes))
	for _, each := range scaleSizes {
		c := curve{label: each.name}
		late := r.values("scale.late", oursName, each.name)
		for i, ms := range late[:max(0, len(late)-1)] { // nothing is beyond the last
			c.line = append(c.line, plotter.XY{X: max(ms, 0.01), Y: 1 - float64(i+1)/float64(len(late))})
		}
		curves = append(curves, c)
	}
	return curves
}

// byCandidates is a metric of each peer against the number of candidates; the line
// goes through the medians.
func byCandidates(metric string) func(*results) []curve {
	return func(r *results) []curve {
		all := peers()
		curves := make([]curve, 0, len(all))
		for _, p := range all {
			c := curve{label: p.name}
			for _, each := range candidateSizes {
				values := r.values(metric, p.name, each.name)
				if len(values) == 0 {
					continue
				}
				c.line = append(c.line, plotter.XY{X: float64(each.n), Y: max(median(values), least)})
				for _, value := range values {
					c.rings = append(c.rings, plotter.XY{X: float64(each.n), Y: max(value, least)})
				}
			}
			curves = append(curves, c)
		}
		return curves
	}
}

// least is where nothing lies: there is no 0 on a logarithmic axis.
const least = 0.1

func (r *results) drawGraphs(dir string) error {
	for _, g := range allGraphs {
		if err := g.draw(g.curves(r), filepath.Join(dir, g.file)); err != nil {
			return err
		}
	}
	return nil
}

func (g graph) draw(curves []curve, path string) error {
	drawn := plot.New()
	drawn.Title.Text, drawn.X.Label.Text, drawn.Y.Label.Text = g.title, g.x, g.y
	drawn.X.Scale, drawn.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	drawn.Y.Scale, drawn.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	drawn.Legend.Top, drawn.Legend.XOffs, drawn.Legend.YOffs = true, -vg.Millimeter, -vg.Millimeter
	drawn.Add(plotter.NewGrid())
	colour := 0
	for _, c := range curves {
		if len(c.line) == 0 {
			continue
		}
		if err := c.addTo(drawn, colours[colour]); err != nil {
			return err
		}
		colour++
	}
	if colour == 0 {
		return nil
	}
	drawn.X.Min, drawn.X.Max = decades(drawn.X.Min, drawn.X.Max)
	drawn.Y.Min, drawn.Y.Max = decades(drawn.Y.Min, drawn.Y.Max)
	const rows = 5 // as high as a picture of so many
	return save(drawn, rows, path)
}

func (c curve) addTo(drawn *plot.Plot, colour color.Color) error {
	line, err := plotter.NewLine(c.line)
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{Color: colour, Width: vg.Points(1.5)}
	drawn.Add(line)
	drawn.Legend.Add(c.label, line)
	if len(c.rings) == 0 {
		return nil // a plotter of no points is an error
	}
	rings, err := plotter.NewScatter(c.rings)
	if err != nil {
		return err
	}
	rings.GlyphStyle = draw.GlyphStyle{Color: colour, Radius: vg.Points(2), Shape: draw.RingGlyph{}}
	drawn.Add(rings)
	return nil
}
