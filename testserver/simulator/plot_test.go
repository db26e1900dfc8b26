package simulator_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// element is one of a drawing.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

// parseSVG reads a drawing, which must be well-formed to its end.
func parseSVG(t *testing.T, svg []byte) element {
	t.Helper()
	var root element
	in := xml.NewDecoder(bytes.NewReader(svg))
	require.NoError(t, in.Decode(&root))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		text, ok := token.(xml.CharData)
		require.True(t, ok && len(bytes.TrimSpace(text)) == 0, "something stands behind the drawing")
	}
	require.Equal(t, xml.Name{Space: "http://www.w3.org/2000/svg", Local: "svg"}, root.XMLName)
	return root
}

// attr is an attribute's value, or "".
func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// number is an attribute's value; 0 if it is not there.
func (e element) number(t *testing.T, name string) float64 {
	t.Helper()
	if e.attr(name) == "" {
		return 0
	}
	n, err := strconv.ParseFloat(e.attr(name), 64)
	require.NoError(t, err, "%s of %s", name, e.XMLName.Local)
	return n
}

// all calls f for the element and all within it.
func (e element) all(f func(element)) {
	f(e)
	for _, child := range e.Children {
		child.all(f)
	}
}

// textsOf are the texts of a class.
func textsOf(root element, class string) (texts []string) {
	root.all(func(e element) {
		if e.XMLName.Local == "text" && e.attr("class") == class {
			texts = append(texts, e.Text)
		}
	})
	return texts
}

// drawnMark is an attempt as it is drawn: what it is called, and the elements that one sees.
type drawnMark struct {
	tells  string
	shapes []element
}

// marksOf are the attempts of a drawing, or what else of it has a title that begins so.
func marksOf(root element, begins string) (marks []drawnMark) {
	root.all(func(e element) {
		if e.XMLName.Local != "g" || len(e.Children) == 0 || e.Children[0].XMLName.Local != "title" || !strings.HasPrefix(e.Children[0].Text, begins) {
			return
		}
		m := drawnMark{tells: e.Children[0].Text}
		for _, child := range e.Children[1:] {
			if child.XMLName.Local != "text" {
				m.shapes = append(m.shapes, child)
			}
		}
		marks = append(marks, m)
	})
	return marks
}

// markOf is the only one whose title begins so.
func markOf(t *testing.T, root element, begins string) drawnMark {
	t.Helper()
	marks := marksOf(root, begins)
	require.Len(t, marks, 1, begins)
	return marks[0]
}

// elementOf is the only element of a class.
func elementOf(t *testing.T, root element, class string) element {
	t.Helper()
	var found []element
	root.all(func(e element) {
		if e.attr("class") == class {
			found = append(found, e)
		}
	})
	require.Len(t, found, 1)
	return found[0]
}

func titleOf(root element) string { return root.Children[0].Text }

// boxOf is where an element is.
func boxOf(t *testing.T, e element) (left, top, right, bottom float64) {
	t.Helper()
	switch e.XMLName.Local {
	case "circle":
		x, y, r := e.number(t, "cx"), e.number(t, "cy"), e.number(t, "r")
		return x - r, y - r, x + r, y + r
	case "rect":
		x, y := e.number(t, "x"), e.number(t, "y")
		return x, y, x + e.number(t, "width"), y + e.number(t, "height")
	case "text":
		x, y, width := e.number(t, "x"), e.number(t, "y"), 6*float64(len([]rune(e.Text)))
		switch e.attr("text-anchor") {
		case "middle":
			x -= width / 2
		case "end":
			x -= width
		}
		return x, y - 9, x + width, y + 3
	}
	require.Equal(t, "path", e.XMLName.Local)
	return pathBox(t, e.attr("d"))
}

var pathStep = regexp.MustCompile(`[A-Za-z]|-?[0-9.]+`)

// pathBox follows a path's pen. An arc here is as wide as its radius, on the side that its sweep says.
func pathBox(t *testing.T, d string) (left, top, right, bottom float64) {
	t.Helper()
	steps := pathStep.FindAllString(d, -1)
	require.Equal(t, strings.ReplaceAll(d, " ", ""), strings.Join(steps, ""), "a path has numbers and letters")
	left, top = 1e9, 1e9
	x, y := 0.0, 0.0
	for len(steps) > 0 {
		command := steps[0]
		steps = steps[1:]
		var n []float64
		for len(steps) > 0 && !strings.ContainsAny(steps[0][:1], "MmHhVvlLAz") {
			value, err := strconv.ParseFloat(steps[0], 64)
			require.NoError(t, err)
			n, steps = append(n, value), steps[1:]
		}
		switch fmt.Sprint(command, len(n)) {
		case "M2":
			x, y = n[0], n[1]
		case "l2", "m2":
			x, y = x+n[0], y+n[1]
		case "H1":
			x = n[0]
		case "h1":
			x += n[0]
		case "V1":
			y = n[0]
		case "v1":
			y += n[0]
		case "A7":
			x, y = n[5], n[6]
			left, right = min(left, x-n[0]*(1-n[4])), max(right, x+n[0]*n[4])
		case "z0":
		default:
			t.Fatalf("%s of %s", command, d)
		}
		left, top, right, bottom = min(left, x), min(top, y), max(right, x), max(bottom, y)
	}
	return left, top, right, bottom
}

func TestDrawingsAreWhole(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T){}
	for name, d := range drawings {
		tests[name] = func(t *testing.T) {
			root := parseSVG(t, d.draw(t))
			title, desc := root.Children[0], root.Children[1]
			require.Equal(t, []string{"title", "desc"}, []string{title.XMLName.Local, desc.XMLName.Local})
			require.Equal(t, "img", root.attr("role"))
			require.Equal(t, root.attr("aria-labelledby"), title.attr("id")+" "+desc.attr("id"))
			require.NotEmpty(t, title.Text)
			require.Equal(t, d.words, desc.Text, "whoever cannot see gets the same in words")
			for _, m := range marksOf(root, "attempt") {
				require.Contains(t, desc.Text, m.tells)
				require.NotEmpty(t, m.shapes)
			}
			require.Len(t, marksOf(root, "attempt"), strings.Count(d.words, "attempt "))
			require.Len(t, marksOf(root, "disabled"), strings.Count(d.words, "disabled from"))
		}
	}
	insideBubbles(t, tests)
}

func TestDrawingsLieWithinTheirBounds(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T){}
	for name, d := range drawings {
		tests[name] = func(t *testing.T) {
			root := parseSVG(t, d.draw(t))
			var width, height float64
			_, err := fmt.Sscanf(root.attr("viewBox"), "0 0 %f %f", &width, &height)
			require.NoError(t, err)
			require.Equal(t, []float64{width, height}, []float64{root.number(t, "width"), root.number(t, "height")})
			seen := 0
			for _, child := range root.Children {
				if child.XMLName.Local == "defs" {
					continue
				}
				child.all(func(e element) {
					switch e.XMLName.Local {
					case "circle", "rect", "path", "text":
						left, top, right, bottom := boxOf(t, e)
						require.True(t, left >= 0 && top >= 0 && right <= width && bottom <= height, "%s %v %q: %v %v %v %v", e.XMLName.Local, e.Attrs, e.Text, left, top, right, bottom)
						require.LessOrEqual(t, left, right)
						seen++
					}
				})
			}
			require.GreaterOrEqual(t, seen, 3)
		}
	}
	insideBubbles(t, tests)
}

// look is how a shape looks where there are no colours and no sizes: its elements, their classes, and what a path draws.
func look(m drawnMark) string {
	var looks []string
	for _, e := range m.shapes {
		looks = append(looks, e.XMLName.Local+" "+e.attr("class")+" "+regexp.MustCompile(`[^A-Za-z]`).ReplaceAllString(e.attr("d"), ""))
	}
	return strings.Join(looks, ", ")
}

func TestShapesDifferWithoutColour(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T){}
	for name, c := range map[string]struct {
		drawing, begins, look string
	}{
		"done":       {"lost", "attempt 2: answered 200", "circle good "},
		"failed":     {"exhausted", "attempt 1: answered 500", "rect bad "},
		"timed out":  {"pending", "attempt 1: no answer within 5s", "path bad Mvhvz"},
		"reply lost": {"lost", "attempt 1: answered, and", "path bad MAllz, path bad MAllz"},
		"no answer":  {"no-answer", "attempt 1: the receiver", "path cross Mlml"},
		"planned":    {"pending", "attempt 2: planned", "circle planned "},
		"disabled":   {"disabled", "disabled", "rect outage "},
	} {
		tests[name] = func(t *testing.T) {
			require.Equal(t, c.look, look(markOf(t, parseSVG(t, drawings[c.drawing].draw(t)), c.begins)))
		}
	}
	tests["a copy is smaller"] = func(t *testing.T) {
		root := parseSVG(t, drawings["copies"].draw(t))
		require.Equal(t, "4", markOf(t, root, "attempt 1, copy 1").shapes[0].attr("r"))
		require.Equal(t, "7", markOf(t, root, "attempt 3:").shapes[0].attr("r"))
		require.Equal(t, "8", markOf(t, root, "attempt 2, copy 2").shapes[0].attr("width"))
		require.Equal(t, "14", markOf(t, root, "attempt 2:").shapes[0].attr("width"))
	}
	insideBubbles(t, tests)
}
