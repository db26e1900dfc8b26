package conform

import "strings"

// Markdown is all checks as a page, for docs/checks.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# The checks

What ` + "`hookmitt check`" + ` and package [conform](../testserver/conform/doc.go) find out about a receiver. This page is written by
` + "`go test ./testserver/conform -run TestPage -update`" + `.

*Must*: failing it is FAILED. *Should*: it is NON-STRICT, and FAILED with ` + "`--strict`" + `. *Shown*: a choice of the receiver's own,
INFORMATIONAL. After each check in which something was refused a valid delivery on a new connection must be accepted.
A check is SKIPPED where what is said under *Skipped if* holds, and SKIPPED is never counted as passed.
`)
	for _, group := range Groups() {
		b.WriteString("\n## " + group.Name + ": " + group.Title + "\n\n")
		b.WriteString("| check | level | sent | wanted | why | skipped if |\n| --- | --- | --- | --- | --- | --- |\n")
		for _, c := range Checks() {
			if c.Group() != group.Name {
				continue
			}
			cells := []string{c.ID, c.Level.String(), c.Sent, c.Want, c.Why, strings.Join(c.Needs(), "; ")}
			for i, cell := range cells {
				cells[i] = strings.NewReplacer("|", `\|`, "\n", " ", "*", `\*`, "_", `\_`, "<", "&lt;").Replace(cell)
			}
			b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		}
	}
	return b.String()
}
