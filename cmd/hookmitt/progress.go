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

func progressOf(out io.Writer, total int) *progress {
	file, ok := out.(*os.File)
	if !ok || total < least {
		return &progress{}
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
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
