package conform

import (
	"encoding/xml"
	"io"
)

type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []suite  `xml:"testsuite"`
}

type suite struct {
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     float64    `xml:"time,attr"` // s
	Cases    []testCase `xml:"testcase"`
}

type testCase struct {
	Name    string  `xml:"name,attr"`
	Class   string  `xml:"classname,attr"`
	Time    float64 `xml:"time,attr"` // s
	Failure *remark `xml:"failure"`
	Skipped *remark `xml:"skipped"`
	Out     string  `xml:"system-out,omitempty"`
}

type remark struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the report as what programs for continuous integration read: a suite for each group, FAILED as a failure,
// and NON-STRICT and INFORMATIONAL as output.
func (r Report) JUnit(w io.Writer) error {
	var all suites
	for _, group := range Groups() {
		s := suite{Name: "webhook receiver: " + group.Name + ", " + group.Title}
		for _, one := range r.Results {
			if one.Check.Group() != group.Name {
				continue
			}
			c := testCase{Name: one.Check.ID + " " + one.Check.Sent, Class: "conform." + group.Name, Time: one.Took.Seconds()}
			switch one.Verdict {
			case OK:
			case Failed:
				s.Failures++
				c.Failure = &remark{one.Found, Explain(one)}
			case Skipped:
				s.Skipped++
				c.Skipped = &remark{Message: one.Found}
			case NonStrict, Informational:
				c.Out = Explain(one)
			}
			s.Tests++
			s.Time += c.Time
			s.Cases = append(s.Cases, c)
		}
		if s.Tests > 0 {
			all.Suites = append(all.Suites, s)
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
