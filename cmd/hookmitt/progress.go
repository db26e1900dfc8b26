package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// progress is a bar on a terminal, for work that takes a while. Elsewhere it is nothing.
type progress struct {
	out         io.Writer
	done, total int
}

// least is how much work gets a bar.
const least = 20

// progressOf is the bar of some work. There is none on a terminal that shows the work's lines already.
func progressOf(out, lines io.Writer, total int) *progress {
	if total < least || !terminal(out) || terminal(lines) {
		return &progress{}
	}
	return &progress{out: out, total: total}
}

// step says that one more is done.
func (p *progress) step() {
	if p.out == nil {
		return
	}
	p.done++
	const width = 30
	full := width * p.done / p.total
	fmt.Fprintf(p.out, "\r%s%s %d/%d", strings.Repeat("█", full), strings.Repeat("░", width-full), p.done, p.total)
}

// end takes the bar away.
func (p *progress) end() {
	if p.out != nil {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// terminal reports whether somebody looks at what is written.
func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
