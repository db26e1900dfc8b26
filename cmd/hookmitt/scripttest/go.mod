module github.com/hookmitt/hookmitt/cmd/hookmitt/scripttest

go 1.26.0

require (
	github.com/hookmitt/hookmitt v0.1.0
	github.com/rogpeppe/go-internal v1.16.0
)

require (
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/tools v0.26.0 // indirect
)

replace github.com/hookmitt/hookmitt => ../../..
