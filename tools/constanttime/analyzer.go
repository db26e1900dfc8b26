// Constanttime is a rule for go vet: in package verify nothing is compared in a way that stops at the first
// difference, since a forger could learn from the time taken how much of a digest is right.
//
//	go vet -vettool=.bin/constanttime ./verify
//
// A comparison of what is public says so at its line: //constanttime:public names of headers
package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"
	"golang.org/x/tools/go/types/typeutil"
)

// Analyzer is the rule.
var Analyzer = &analysis.Analyzer{
	Name: "constanttime",
	Doc:  "report comparisons in package verify that stop at the first difference",
	Run:  run,
}

func main() { unitchecker.Main(Analyzer) }

// early are functions that stop at the first difference.
var early = map[string]bool{
	"bytes.Equal": true, "bytes.Compare": true, "bytes.EqualFold": true, "bytes.HasPrefix": true, "bytes.HasSuffix": true,
	"bytes.Contains": true, "bytes.Index": true, "cmp.Compare": true, "reflect.DeepEqual": true,
	"strings.EqualFold": true, "strings.Compare": true, "strings.HasPrefix": true, "strings.HasSuffix": true,
	"strings.Contains": true, "strings.Index": true,
	"slices.Equal": true, "slices.Compare": true, "slices.EqualFunc": true, "slices.Contains": true, "slices.Index": true,
}

func run(pass *analysis.Pass) (any, error) {
	if pass.Pkg.Name() != "verify" {
		return nil, nil
	}
	for _, file := range pass.Files {
		if strings.HasSuffix(pass.Fset.Position(file.Pos()).Filename, "_test.go") {
			continue
		}
		public := publicLines(pass.Fset, file)
		report := func(n ast.Node, what string) {
			if !public[pass.Fset.Position(n.Pos()).Line] {
				pass.Reportf(n.Pos(), "%s stops at the first difference: compare digests by hmac.Equal", what)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && secretive(pass, n.X) && secretive(pass, n.Y) {
					report(n, n.Op.String())
				}
			case *ast.SwitchStmt:
				for _, clause := range n.Body.List {
					for _, e := range clause.(*ast.CaseClause).List {
						if n.Tag != nil && secretive(pass, n.Tag) && secretive(pass, e) {
							report(e, "a case")
						}
					}
				}
			case *ast.IndexExpr:
				if m, ok := pass.TypesInfo.Types[n.X].Type.Underlying().(*types.Map); ok && mayBeDigest(m.Key()) && secretive(pass, n.Index) {
					report(n, "a map")
				}
			case *ast.CallExpr:
				if f, ok := typeutil.Callee(pass.TypesInfo, n).(*types.Func); ok && f.Pkg() != nil && early[f.Pkg().Path()+"."+f.Name()] {
					report(n, f.FullName())
				}
			}
			return true
		})
	}
	return nil, nil
}

// secretive reports whether an operand may be a digest, and is not a constant.
func secretive(pass *analysis.Pass, e ast.Expr) bool {
	tv := pass.TypesInfo.Types[e]
	return tv.Type != nil && tv.Value == nil && mayBeDigest(tv.Type)
}

// mayBeDigest reports whether a type is a string, an array of bytes, or a struct that holds an array of bytes.
func mayBeDigest(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() == types.String
	case *types.Array:
		return types.Identical(t.Elem().Underlying(), types.Typ[types.Byte])
	case *types.Struct:
		for field := range t.Fields() {
			if _, ok := field.Type().Underlying().(*types.Array); ok && mayBeDigest(field.Type()) {
				return true
			}
		}
	}
	return false
}

// publicLines are the lines that say that what they compare is public, and what it is.
func publicLines(fset *token.FileSet, file *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if what, ok := strings.CutPrefix(c.Text, "//constanttime:public "); ok && strings.TrimSpace(what) != "" {
				lines[fset.Position(c.Pos()).Line] = true
			}
		}
	}
	return lines
}
