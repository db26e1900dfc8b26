// Package openapitest holds the simulator's description, testserver/simulator/openapi.yaml, to what the simulator does:
// the same routes, and answers as they are described. It is a module of its own, so that hookmitt does not require what
// reads OpenAPI:
//
//	cd testserver/simulator/openapitest && go test ./...
package openapitest
