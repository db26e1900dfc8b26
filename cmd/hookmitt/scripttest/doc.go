// Package scripttest tests the binary as its users have it: each script in testdata runs it, with curl, openssl and a
// real Redis, and compares what it prints. It is a module of its own, so that hookmitt does not require testscript:
//
//	cd cmd/hookmitt/scripttest && go test ./...
//	cd cmd/hookmitt/scripttest && go test -run 'Scripts/^serve$' -update    # writes what is printed into the script
//
// Besides the commands of testscript, scripts have these:
//
//	need PROGRAM...                skip where a program is missing; in CI, fail
//	exits CODE PROGRAM...          run it, and want this exit code
//	refuses TEXT PROGRAM...        run it, and want exit code 2, the one line "hookmitt: TEXT" on standard error and
//	                               nothing on standard output; … in TEXT stands for anything
//	mask                           replace what differs from run to run in the standard output and error of before:
//	                               HH:MM:SS, TIME, PORT, N for durations, ID1 for the first id, GOVERSION
//	start NAME PROGRAM...          run it in the background
//	ready NAME                     wait until it says where it listens, and set the variable NAME to that URL
//	await NAME PATTERN [COUNT]     wait until its output matches, that often
//	interrupt NAME                 send it a SIGINT
//	ended NAME [CODE]              wait for its end with this exit code, 0 unless told; stdout and stderr are its own
//	close NAME                     interrupt and ended
//	refused URL                    wait until nobody listens there
//	app NAME STATUS...             serve a web app that answers so, the last status for ever: the variable NAME is its
//	                               URL, the files NAME.1 and NAME.1.body are its first request
//	redis NAME [ARGUMENT...]       start a redis-server: the variable NAME is its host and port
package scripttest
