package simulator

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// plot is a drawing of deliveries, a lane each, on one axis of time.
type plot struct {
	title string
	now   time.Time
	lanes []lane
}

// lane is a delivery.
type lane struct {
	name, state   string
	created, ends time.Time
	marks         []mark
	outages       []outage
}

// outage is a time in which the endpoint was disabled; until is zero while it lasts.
type outage struct{ from, until time.Time }

// mark is an attempt, made or planned.
type mark struct {
	kind      kind
	at, until time.Time
	label     string
	tells     string // for those who cannot see it
	copy      bool
}

// kind is what a mark's shape says.
type kind uint8

const (
	succeeded kind = iota // a filled disc
	failed                // a filled square: it was answered, and the answer is a failure
	timedOut              // a bar as long as the provider waited
	lost                  // a disc that is broken in two
	broken                // a cross: there was no answer
	planned               // a ring
)

// Lengths in the drawing's units, which are pixels at its natural size.
const (
	plotWidth  = 960
	plotLeft   = 250 // where the axis begins; names are left of it
	plotRight  = 930
	plotTop    = 34
	laneHeight = 54
	labelWidth = 46 // of an axis label, about
	radius     = 7
)

// svg draws. Whoever cannot see gets the same in words. style is the drawing's own, for one that stands by itself.
func (p plot) svg(style string) []byte {
	var out bytes.Buffer
	bottom := plotTop + laneHeight*max(1, len(p.lanes))
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" class="hookmitt-timeline" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="timeline-title timeline-desc">`+"\n",
		plotWidth, bottom+56, plotWidth, bottom+56)
	fmt.Fprintf(&out, "<title id=\"timeline-title\">%s</title>\n<desc id=\"timeline-desc\">%s</desc>\n", escape(p.title), escape(p.words()))
	out.WriteString(style)
	out.WriteString(plotHatch)
	fmt.Fprintf(&out, `<rect class="ground" width="%d" height="%d"/>`+"\n", plotWidth, bottom+56)
	fmt.Fprintf(&out, `<text class="title" x="16" y="22">%s</text>`+"\n", escape(p.title))
	if len(p.lanes) == 0 {
		fmt.Fprintf(&out, "<text class=\"name\" x=\"16\" y=\"%d\">No delivery yet.</text>\n</svg>\n", plotTop+laneHeight/2)
		return out.Bytes()
	}
	a, zero := p.axis()
	now := a.x(p.now)
	fmt.Fprintf(&out, `<g><title>now: %s</title><path class="now" d="M%.1f %dV%d"/><text class="now-label" x="%.1f" y="%d" text-anchor="%s">now</text></g>`+"\n",
		escape(since(zero, p.now)), now, plotTop-4, bottom+4, now, plotTop-8, anchor(now))
	for i, l := range p.lanes {
		l.draw(&out, a, p.now, plotTop+laneHeight*i)
	}
	p.ticks(&out, a, zero, bottom)
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// axis is made of every time that is drawn. Its zero is the first of them.
func (p plot) axis() (axis, time.Time) {
	times := []time.Time{p.now}
	for _, l := range p.lanes {
		times = append(times, l.created)
		for _, m := range l.marks {
			times = append(times, m.at)
			if m.kind == timedOut {
				times = append(times, m.until)
			}
		}
		for _, o := range l.outages {
			times = append(times, o.from)
			if !o.until.IsZero() {
				times = append(times, o.until)
			}
		}
	}
	a := newAxis(times, plotLeft, plotRight)
	return a, a.knots[0]
}

// draw draws a lane below y.
func (l lane) draw(out *bytes.Buffer, a axis, now time.Time, y int) {
	mid := y + laneHeight/2 - 6
	fmt.Fprintf(out, `<g><text class="name" x="16" y="%d">%s</text><text class="state" x="16" y="%d">%s</text>`+"\n",
		mid, escape(clip(l.name, 34)), mid+15, escape(l.state))
	fmt.Fprintf(out, `<path class="lane" d="M%.1f %dH%.1f"/>`+"\n", a.x(l.created), mid, a.x(l.ends))
	for _, o := range l.outages {
		until := o.until
		if until.IsZero() {
			until = later(now, o.from)
		}
		from, to := a.x(o.from), a.x(until)
		fmt.Fprintf(out, `<g><title>disabled</title><rect class="outage" x="%.1f" y="%d" width="%.1f" height="20"/>`, from, mid-10, max(to-from, 3))
		if to-from > labelWidth+2*radius {
			fmt.Fprintf(out, `<text class="mark-label" x="%.1f" y="%d" text-anchor="middle">disabled</text>`, (from+to)/2, mid-14)
		}
		out.WriteString("</g>\n")
	}
	free := 0.0 // where the next label may begin
	for _, m := range l.marks {
		x := a.x(m.at)
		fmt.Fprintf(out, `<g><title>%s</title>%s`, escape(m.tells), m.shape(x, a.x(m.until), mid))
		if half := float64(len(m.label)) * 3.2; m.label != "" && x-half >= free {
			fmt.Fprintf(out, `<text class="mark-label" x="%.1f" y="%d" text-anchor="middle">%s</text>`, x, mid+23, escape(m.label))
			free = x + half + 3
		}
		out.WriteString("</g>\n")
	}
	out.WriteString("</g>\n")
}

// shape is how a mark looks, without colour too.
func (m mark) shape(x, until float64, y int) string {
	r := float64(radius)
	if m.copy {
		r = radius - 3
	}
	top := float64(y) - r
	switch m.kind {
	case succeeded:
		return fmt.Sprintf(`<circle class="good" cx="%.1f" cy="%d" r="%.0f"/>`, x, y, r)
	case failed:
		return fmt.Sprintf(`<rect class="bad" x="%.1f" y="%.1f" width="%.0f" height="%.0f"/>`, x-r, top, 2*r, 2*r)
	case timedOut:
		return fmt.Sprintf(`<path class="bad" d="M%.1f %.1fv%.0fh%.1fv-%.0fz"/>`, x, top, 2*r, max(until-x, 3), 2*r)
	case lost:
		return fmt.Sprintf(`<path class="bad" d="M%.1f %.1fA%.0f %.0f 0 0 0 %.1f %.1fl2.5 -4.7l-4 -4.6z"/><path class="bad" d="M%.1f %.1fA%.0f %.0f 0 0 1 %.1f %.1fl2.5 -4.7l-4 -4.6z"/>`,
			x-2.5, top, r, r, x-2.5, top+2*r, x+2.5, top, r, r, x+2.5, top+2*r)
	case broken:
		return fmt.Sprintf(`<path class="cross" d="M%.1f %.1fl%.0f %.0fm0 -%.0fl-%.0f %.0f"/>`, x-r, top, 2*r, 2*r, 2*r, 2*r, 2*r)
	case planned:
	}
	return fmt.Sprintf(`<circle class="planned" cx="%.1f" cy="%d" r="%.0f"/>`, x, y, r-1)
}

// ticks writes how long after zero each time is, where there is room.
func (p plot) ticks(out *bytes.Buffer, a axis, zero time.Time, bottom int) {
	free := 0.0
	for i, knot := range a.knots {
		x := a.at[i]
		fmt.Fprintf(out, `<path class="tick" d="M%.1f %dv5"/>`, x, bottom+4)
		if x-labelWidth/2 >= free {
			fmt.Fprintf(out, `<text class="tick-label" x="%.1f" y="%d" text-anchor="middle">%s</text>`, x, bottom+22, since(zero, knot))
			free = x + labelWidth/2
		}
	}
	fmt.Fprintf(out, "\n<text class=\"tick-label\" x=\"16\" y=\"%d\">since %s</text>\n", bottom+22, zero.UTC().Format("2006-01-02 15:04:05 UTC"))
	fmt.Fprintf(out, "<text class=\"tick-label\" x=\"16\" y=\"%d\">● done  ■ failed  ▬ timed out  ◖◗ reply lost  ✕ no answer  ○ planned  ▨ disabled. Stretches of time are not to one scale.</text>\n", bottom+44)
}

// words says what the drawing shows.
func (p plot) words() string {
	if len(p.lanes) == 0 {
		return "No delivery yet."
	}
	_, zero := p.axis()
	var text strings.Builder
	for _, l := range p.lanes {
		var told []string
		for _, m := range l.marks {
			told = append(told, m.tells+" at "+since(zero, m.at))
		}
		for _, o := range l.outages {
			disabled := "disabled from " + since(zero, o.from)
			if !o.until.IsZero() {
				disabled += " to " + since(zero, o.until)
			}
			told = append(told, disabled)
		}
		if len(told) == 0 {
			told = []string{"no attempt"}
		}
		fmt.Fprintf(&text, "%s, %s: %s. ", l.name, l.state, strings.Join(told, "; "))
	}
	fmt.Fprintf(&text, "Now it is %s.", since(zero, p.now))
	return text.String()
}

// since is how long after zero a time is, as people say it: 0s, 5m, 1h35m.
func since(zero, t time.Time) string {
	d := t.Sub(zero)
	switch {
	case d >= time.Minute:
		d = d.Round(time.Second)
	case d >= time.Second:
		d = d.Round(100 * time.Millisecond)
	default:
		d = d.Round(time.Millisecond)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// escape is text in XML, which has no place for control characters.
func escape(text string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(text)) // a buffer takes everything
	return out.String()
}

// clip shortens text to so many characters.
func clip(text string, most int) string {
	if chars := []rune(text); len(chars) > most {
		return string(chars[:most-1]) + "…"
	}
	return text
}

// anchor keeps a label within the drawing.
func anchor(x float64) string {
	if x > plotRight-20 {
		return "end"
	}
	return "middle"
}

// plotHatch is how a time is filled in which the endpoint was disabled.
const plotHatch = `<defs><pattern id="timeline-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V7"/></pattern></defs>
`

// plotStyle has every colour twice, at 4.5:1 or more against its ground; shapes and labels say the same without it.
const plotStyle = `
.hookmitt-timeline { --ground: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #c4cad1; --good: #1a7f37; --bad: #b42318; --now: #0550ae; font: 12px ui-sans-serif, system-ui, sans-serif }
@media (prefers-color-scheme: dark) { .hookmitt-timeline { --ground: #0d1117; --ink: #e6edf3; --soft: #9aa4af; --line: #3d444d; --good: #3fb950; --bad: #ff7b72; --now: #79c0ff } }
.hookmitt-timeline .ground { fill: var(--ground) }
.hookmitt-timeline text { fill: var(--ink) }
.hookmitt-timeline .mark-label, .hookmitt-timeline .now-label { paint-order: stroke; stroke: var(--ground); stroke-width: 4px }
.hookmitt-timeline .title { font-weight: 600; font-size: 14px }
.hookmitt-timeline .state, .hookmitt-timeline .tick-label, .hookmitt-timeline .mark-label { fill: var(--soft); font-size: 11px }
.hookmitt-timeline .lane, .hookmitt-timeline .tick { stroke: var(--line); stroke-width: 1.5; fill: none }
.hookmitt-timeline .good { fill: var(--good); stroke: var(--ground); stroke-width: 1.5 }
.hookmitt-timeline .bad { fill: var(--bad); stroke: var(--ground); stroke-width: 1.5 }
.hookmitt-timeline .cross { fill: none; stroke: var(--bad); stroke-width: 3 }
.hookmitt-timeline .planned { fill: var(--ground); stroke: var(--soft); stroke-width: 2 }
.hookmitt-timeline .outage { fill: url(#timeline-hatch); stroke: var(--bad); stroke-dasharray: 4 3 }
.hookmitt-timeline .now { stroke: var(--now); stroke-width: 1.5; fill: none }
.hookmitt-timeline .now-label { fill: var(--now); font-size: 11px; font-weight: 600 }
.hookmitt-timeline .hatch { stroke: var(--bad); stroke-width: 1.5; opacity: .55 }
`
