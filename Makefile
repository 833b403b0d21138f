# The two commands of the README are `make demo` and `make test`.
# `make help` lists the rest.

GO            ?= go
GOLANGCI_LINT ?= v2.15.0
GORELEASER    ?= v2.15.1
BIN           := $(CURDIR)/.bin
PACKAGES      ?= ./...
# Real servers and processes on a loaded machine take their time.
TEST_FLAGS    ?= -race -timeout 10m

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

.PHONY: demo
demo: ## three candidates, and what production does to them; needs nothing but Go
	@mkdir -p $(BIN)
	@$(GO) build -o $(BIN)/leader ./cmd/leader
	@$(BIN)/leader demo $(ARGS)

.PHONY: test
test: setup ## every test, with the race detector, on a real redis-server and PostgreSQL
	$(GO) test $(TEST_FLAGS) $(PACKAGES)
	cd fence/postgrestest && $(GO) test $(TEST_FLAGS) ./...
	cd rueidisstore && $(GO) test $(TEST_FLAGS) ./...
	cd rueidisstore && $(GO) test $(TEST_FLAGS) -overlay rows.json example.com/leaderelection/redisstore
	cd deploy/validate && $(GO) test -timeout 10m ./...
	cd bench && $(GO) test -timeout 10m ./... # without the race detector, by which its peers take minutes to compile

.PHONY: soak
soak: setup ## every test 20 times over; takes about an hour
	$(GO) test -race -timeout 3h -count=20 $(PACKAGES)

.PHONY: simulate
simulate: ## elections in fake time: SEEDS=n of them on all cores [FROM=first], or the story of one SEED=n
	@mkdir -p $(BIN)
	@$(GO) test -c -o $(BIN)/simulation ./internal/simulation
	@cd internal/simulation && $(BIN)/simulation -test.run '^TestSimulate$$' -test.timeout 0 \
		$(if $(SEED),-seed $(SEED) -without '$(WITHOUT)',-seeds $(or $(SEEDS),10000) -from $(or $(FROM),0))

.PHONY: model
model: ## every interleaving of a small configuration of the protocol; some ten minutes
	$(GO) test ./internal/simulation/model -count=1 -v -run '^TestLarge$$' -timeout 0 -args -large

.PHONY: mutants
mutants: ## breaks the library in a hundred small ways, each of which somebody must notice
	$(GO) run ./internal/mutants

.PHONY: nemesis
nemesis: setup ## real processes under random faults: FOR=10m [SEED=n] [REPORT=file.md]
	$(GO) test ./internal/nemesis -count=1 -timeout 0 -v -run '^TestRandomSchedule$$' -args \
		-for $(or $(FOR),10m) -seed $(or $(SEED),0) -report '$(abspath $(REPORT))'

.PHONY: failovers
failovers: setup ## Sentinel and Cluster fail over in all their ways: TIMES=50 [REPORT=file.md]
	$(GO) test ./internal/failover -count=1 -timeout 0 -v -parallel 16 -run '^TestF13Failovers$$' -args \
		-times $(or $(TIMES),50) -report '$(abspath $(REPORT))'

.PHONY: bench
bench: setup ## measures it side by side with other elections; half an hour to an hour [ROUNDS=50] [PEERS=a,b] [ONLY=crash] [OUT=docs]
	cd bench && $(GO) run . -rounds $(or $(ROUNDS),50) -out '$(abspath $(or $(OUT),docs))' \
		$(if $(PEERS),-peers '$(PEERS)') $(if $(ONLY),-only '$(ONLY)')

.PHONY: guard
guard: setup ## what the hot paths cost in multiples of time.Now and PING, beside bench/guard/baseline.txt [BASELINE=1 writes that] [ROUNDS=20]
	@ROUNDS=$(or $(ROUNDS),20) BASELINE=$(BASELINE) sh scripts/guard.sh

.PHONY: cover
cover: setup ## statement coverage of the root package, the protocol and redisstore, and what is not covered
	@mkdir -p $(BIN)
	$(GO) test -coverpkg=.,./redisstore,./internal/protocol -coverprofile=$(BIN)/cover.out . ./redisstore ./internal/protocol
	@$(GO) tool cover -func=$(BIN)/cover.out | grep -v '100.0%'

.PHONY: lint
lint: $(BIN)/golangci-lint-$(GOLANGCI_LINT) ## go vet, gofmt, golangci-lint, and that go.mod is tidy
	$(GO) vet ./...
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; }
	$(GO) mod tidy -diff
	$(BIN)/golangci-lint-$(GOLANGCI_LINT) run ./...
	@test -z "$$(gofmt -d <rueidisstore/rows/backend_test.go.txt)" || { echo "not formatted: rueidisstore/rows/backend_test.go.txt"; exit 1; }
	for module in fence/postgrestest rueidisstore deploy/validate bench; do (cd $$module && \
		$(GO) vet ./... && $(GO) mod tidy -diff && $(BIN)/golangci-lint-$(GOLANGCI_LINT) run ./...) || exit 1; done
	cd rueidisstore && $(GO) vet -overlay rows.json example.com/leaderelection/redisstore

# Pinned, and built apart from this module, whose go.mod its users inherit.
$(BIN)/golangci-lint-$(GOLANGCI_LINT):
	@echo "building golangci-lint $(GOLANGCI_LINT), once; this takes some minutes"
	@mkdir -p $(BIN)
	GOBIN=$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	@mv $(BIN)/golangci-lint $@

.PHONY: setup
setup: ## installs what the tests start (redis-server, PostgreSQL) by the system's package manager
	@sh scripts/setup.sh

.PHONY: build
build: ## the leader command, into .bin/
	@mkdir -p $(BIN)
	$(GO) build -o $(BIN)/leader ./cmd/leader

.PHONY: package
package: $(BIN)/goreleaser-$(GORELEASER) ## archives, .deb and .rpm of the commit that is checked out, into dist/
	$(BIN)/goreleaser-$(GORELEASER) check
	$(BIN)/goreleaser-$(GORELEASER) release --snapshot --clean
	sh scripts/check-packages.sh

$(BIN)/goreleaser-$(GORELEASER):
	@echo "building goreleaser $(GORELEASER), once; this takes some ten minutes"
	@mkdir -p $(BIN)
	GOBIN=$(BIN) $(GO) install github.com/goreleaser/goreleaser/v2@$(GORELEASER)
	@mv $(BIN)/goreleaser $@

.PHONY: module
module: ## renames the module for publication: make module MODULE=github.com/you/leaderelection
	@sh scripts/rename-module.sh "$(MODULE)"

.PHONY: clean
clean: ## removes what make has built
	rm -rf $(BIN) dist
