# hookmitt. `make test` is the one that matters; `make help` lists the rest.

GO ?= go
PATH_OF_MODULE := github.com/hookmitt/hookmitt
BIN := $(CURDIR)/.bin
# The tools have a module of their own, outside any workspace: their hundreds of dependencies must not choose the
# versions of ours.
TOOLS := cd tools && GOWORK=off $(GO)
# What users need not have has modules of its own, too: an example's, the tests' libraries, the drivers with which the
# SQL store is tested. Each must do by its own go.mod, as for those who require it, and so without the workspace.
MODULES := examples/routers examples/transaction testserver/simulator/openapitest cmd/hookmitt/scripttest dedupe/sqlstore
# Those in which most of what runs is SQLite, or is not Go: the race detector makes them slow, and finds nothing of ours that
# it does not find elsewhere.
LONG := dedupe/modeltest testserver/conform/conformtest testserver/conform/languages
BROWSER := testserver/simulator/browsertest
LANGUAGES := testserver/conform/languages
AXE := axe-core@4.10.3
AXE_SUM := 880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: setup lint $(BIN)/axe.min.js $(BIN)/languages/node_modules ## install what the tests need; then vet, linters, and all tests under the race detector with the fuzz seeds
	$(TOOLS) run ./mutants -C .. -check
	$(TOOLS) test ./constanttime
	@for module in $(MODULES); do echo "testing $$module"; (cd $$module && GOWORK=off $(GO) test -race ./...) || exit 1; done
	cd $(BROWSER) && GOWORK=off $(GO) test -race ./... -screenshots=$(BIN)/screenshots
	@for module in $(LONG); do echo "testing $$module"; (cd $$module && GOWORK=off $(GO) test ./...) || exit 1; done
	$(GO) test -race -p 1 ./dedupe/... # alone, since their servers have a second to answer
	$(GO) test -race ./...
	$(GO) test -p 1 ./dedupe/...
	$(GO) test ./... # without the race detector, whose cost hides allocations and forbids the large tests

.PHONY: setup
setup: ## install what the tests need (Debian, Ubuntu), or say what is missing
	@tools/setup.sh

.PHONY: lint
lint: $(BIN)/golangci-lint $(BIN)/constanttime ## go vet and the linters
	$(GO) vet ./...
	$(GO) vet -vettool=$(BIN)/constanttime ./verify
	$(BIN)/golangci-lint run ./...
	$(GO) mod tidy -diff
	@for module in $(MODULES) $(LONG) $(BROWSER); do \
		echo "linting $$module"; \
		(cd $$module && export GOWORK=off && $(GO) vet ./... && $(GO) mod tidy -diff && $(BIN)/golangci-lint run ./...) || exit 1; \
	done
	cd cmd/hookmitt && $(GO) vet ./... && $(BIN)/golangci-lint run ./...
	@# the binary's go.mod has no replacements, with which nobody could install it: it is tidied by a copy that has them
	@cd cmd/hookmitt && cp go.mod $(BIN)/hookmitt.mod && cp go.sum $(BIN)/hookmitt.sum && export GOWORK=off && \
		$(GO) mod edit -replace=$(PATH_OF_MODULE)=../.. -replace=$(PATH_OF_MODULE)/dedupe/sqlstore=../../dedupe/sqlstore $(BIN)/hookmitt.mod && \
		$(GO) mod tidy -diff -modfile=$(BIN)/hookmitt.mod

$(BIN)/golangci-lint: tools/go.mod
	@echo "Building golangci-lint, which takes some minutes the first time"
	$(TOOLS) build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(BIN)/constanttime: tools/go.mod $(wildcard tools/constanttime/*.go)
	$(TOOLS) build -o $@ ./constanttime

.PHONY: browsertest
browsertest: setup $(BIN)/axe.min.js ## open the simulator's page in Chromium, and leave pictures of it in .bin/screenshots
	cd $(BROWSER) && GOWORK=off $(GO) test -race ./... -screenshots=$(BIN)/screenshots

$(BIN)/axe.min.js:
	@mkdir -p $(BIN)
	cd $(BIN) && tar -xzOf "$$(npm pack --silent $(AXE))" package/axe.min.js >$@.new && rm axe-core-*.tgz
	echo "$(AXE_SUM)  $@.new" | sha256sum -c --quiet -
	mv $@.new $@

# the lock file has the checksums of all that npm fetches
$(BIN)/languages/node_modules: $(LANGUAGES)/package.json $(LANGUAGES)/package-lock.json
	@mkdir -p $(BIN)/languages
	cp $^ $(BIN)/languages
	npm ci --silent --prefix $(BIN)/languages --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: mutants
mutants: ## break the code in the ways that tools/mutants/mutants.txt lists, and fail if the tests let one live
	$(TOOLS) run ./mutants -C ..

SOAK := -run '^TestSoak' -timeout 0 -v -events 2000 -seeds $${SEEDS:-20} -table $(BIN)/soak.md

.PHONY: soak
soak: setup ## kill receivers and their databases during 2,000 events, for SEEDS seeds, 20 unless told, and count what was done
	@mkdir -p $(BIN) && rm -f $(BIN)/soak.md
	@failed=0; \
	$(GO) test ./dedupe/redisstore/soak $(SOAK) || failed=1; \
	(cd dedupe/sqlstore && GOWORK=off $(GO) test . $(SOAK)) || failed=1; \
	cat $(BIN)/soak.md; exit $$failed

.PHONY: million
million: ## deliver a million events under faults, kills and failing handlers, in virtual time, by SEED, 1 unless told; some minutes
	$(GO) test . -run '^TestMillion$$' -timeout 0 -v -deliveries 1000000 -million-seed $${SEED:-1}

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME, 30s unless told
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-30s} $$package || exit 1; \
		done; \
	done

.PHONY: bench
bench: ## run the benchmarks beside the code
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: cover
cover: ## print the coverage of the tests
	$(GO) test -coverpkg=./... -coverprofile=$(BIN)/cover.out ./... && $(GO) tool cover -func=$(BIN)/cover.out | tail -1
