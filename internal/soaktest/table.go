package soaktest

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// columns of the table. Those from cut to cut are runs that ended with their process.
var columns = []string{
	"store", "seed", "events", "attempts", "receivers killed", "database killed",
	"cut before", "cut in Tx", "cut before commit", "cut after commit", "effects", "lost", "doubled",
}

// row is a line of the table: the store, and a number for each further column.
type row struct {
	store   string
	numbers []int
}

// String implements [fmt.Stringer].
func (r row) String() string {
	text := r.store
	for i, n := range r.numbers {
		text += fmt.Sprintf(", %s %d", columns[i+1], n)
	}
	return text
}

func (r row) line() string {
	cells := []string{r.store}
	for _, n := range r.numbers {
		cells = append(cells, strconv.Itoa(n))
	}
	return line(cells)
}

func line(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }

// total is the sum of rows, which says how many seeds there were.
func total(store string, rows []row) string {
	sums := make([]int, len(columns)-1)
	for _, r := range rows {
		for i, n := range r.numbers {
			sums[i] += n
		}
	}
	cells := []string{store + allSeeds, fmt.Sprintf("%d seeds", len(rows))}
	for _, n := range sums[1:] {
		cells = append(cells, strconv.Itoa(n))
	}
	return line(cells)
}

// allSeeds follows a store's name where the line is its total.
const allSeeds = ", all"

// table is the rows in Markdown, with the total of each store that has several.
func table(rows []row) string {
	var lines []string
	lines = append(lines, line(columns), strings.Repeat("| --- ", len(columns))+"|")
	byStore := map[string][]row{}
	var stores []string
	for _, r := range rows {
		if byStore[r.store] == nil {
			stores = append(stores, r.store)
		}
		byStore[r.store] = append(byStore[r.store], r)
	}
	for _, store := range stores {
		slices.SortStableFunc(byStore[store], func(a, b row) int { return cmp.Compare(a.numbers[0], b.numbers[0]) })
		for _, r := range byStore[store] {
			lines = append(lines, r.line())
		}
	}
	for _, store := range stores {
		if len(byStore[store]) > 1 {
			lines = append(lines, total(store, byStore[store]))
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// readTable is the rows of what table wrote.
func readTable(text string) (rows []row, err error) {
	for number, text := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "| "), " |"), " | ")
		switch {
		case number < 2 && len(cells) == len(columns):
			continue
		case len(cells) != len(columns):
			return nil, fmt.Errorf("%q is no row of a soak's table", text)
		case strings.HasSuffix(cells[0], allSeeds):
			continue
		}
		r := row{store: cells[0]}
		for _, cell := range cells[1:] {
			n, err := strconv.Atoi(cell)
			if err != nil {
				return nil, fmt.Errorf("%q is no row of a soak's table: %w", text, err)
			}
			r.numbers = append(r.numbers, n)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// addTo adds a row to the table in a file, which need not be there.
func (r row) addTo(path string) error {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var rows []row
	if err == nil {
		if rows, err = readTable(string(text)); err != nil {
			return err
		}
	}
	return os.WriteFile(path, []byte(table(append(rows, r))), 0o600)
}
