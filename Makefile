# make run    builds Hoofdpas and starts the demo on http://127.0.0.1:8080
# make test   installs what the tests need, checks the code and runs every test
# make help   tells the rest

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Tools are built once into bin/tools, each by its own version; they are no part
# of the program's own go.mod.
GOLANGCI_LINT := bin/tools/golangci-lint@v2.12.2
GOVULNCHECK   := bin/tools/govulncheck@v1.9.0
TEMPL         := bin/tools/templ@v0.3.1100
STRIPE_MOCK   := bin/tools/stripe-mock@v0.203.0
NFPM          := bin/tools/nfpm@v2.45.2

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

# The browser tests build the program with these same flags, so that what they
# test is what is shipped and is compiled once.
BUILD := CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)"

# The race detector watches Go's memory. SQLite here is C, translated to Go, whose
# memory lies elsewhere: to watch it finds nothing and takes most of the time.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false

.PHONY: help run build test test-postgres lint alerts generate assets bench bench-country soak failover package package-test release shots clean

help: ## tells what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: build ## builds the program and starts the demo
	bin/hoofdpas demo --listen 127.0.0.1:8080

build: ## builds one static binary, bin/hoofdpas
	$(BUILD) -o bin/hoofdpas ./cmd/hoofdpas

test: $(STRIPE_MOCK) $(NFPM) ## everything a change must pass
	scripts/needs systemd-analyze:systemd
	$(MAKE) --no-print-directory lint alerts
	go test $(RACE) -shuffle=on -timeout 20m ./...

test-postgres: $(STRIPE_MOCK) ## the tests once more, over PostgreSQL where they would take SQLite
	scripts/needs
	HOOFDPAS_TEST_STORE=postgres go test -shuffle=on -timeout 30m ./internal/...

# Its cache is this clone's own: it remembers paths, and another clone's are not here.
lint: $(GOLANGCI_LINT) $(TEMPL) ## checks the code without running it
	scripts/pages check $(TEMPL)
	GOLANGCI_LINT_CACHE=$(CURDIR)/bin/lint $(GOLANGCI_LINT) run --allow-parallel-runners ./...
	scripts/vulnerabilities $(GOVULNCHECK)

alerts: bin/tools/promtool ## checks the alert rules, and that each is raised by what it is about
	cd packaging/prometheus && ../../bin/tools/promtool check rules alerts.yaml && ../../bin/tools/promtool test rules alerts_test.yaml

generate: $(TEMPL) ## writes the pages' Go code from their templates
	scripts/pages generate $(TEMPL)

assets: ## builds the style sheet anew from assets/style; the result is in git
	go run ./assets

bench: ## measures pages, kiosks, apps and log-ins over 100,000 cards, and payments booked
	go test -run "^$$" -bench . -timeout 30m ./bench

# In cards; a multiple of ten. What is made stays in tmp/country.
SIZES ?= 40000 4000000

bench-country: ## measures a whole country on both databases and writes docs/performance.md
	scripts/needs wrk sqlite3
	COUNTRY_SIZES="$(SIZES)" go test -count=1 -timeout 12h -v -run '^TestCountry$$' ./bench

soak: ## kills the program 200 times over 5,000 payments and counts every cent
	HOOFDPAS_SOAK=whole go test -count=1 -timeout 2h -v -run '^TestNoCentIsLostOrDoubled$$' ./soak

failover: ## kills the database under three instances, for real, and looks whether anything is lost
	scripts/needs patroni etcd:etcd-server haproxy
	HOOFDPAS_FAILOVER=whole go test -count=1 -timeout 15m -v -run '^TestAFailoverLosesNothing$$' ./failover

# Where packages are put.
PACKAGES ?= bin/package

package: package-amd64 package-arm64 ## builds the Debian packages for amd64 and arm64, in bin/package

package-%: $(NFPM)
	GOARCH=$* $(BUILD) -buildvcs=true -o $(PACKAGES)/$*/hoofdpas ./cmd/hoofdpas
	VERSION=$(VERSION) scripts/package $(NFPM) $* $(PACKAGES)

package-test: $(NFPM) ## installs, starts, upgrades, removes and purges the package in a Debian of its own
	scripts/needs mmdebstrap systemd-nspawn:systemd-container qemu-aarch64-static:qemu-user-static
	HOOFDPAS_TEST_PACKAGE=whole go test -count=1 -timeout 1h -v ./packaging

release: $(NFPM) ## builds this commit's programs and packages twice, elsewhere, and compares; in bin/release
	scripts/release

shots: build ## takes the screenshots of the README
	scripts/needs
	HOOFDPAS_SHOTS=$(CURDIR)/docs/screenshots go test -count=1 -run '^TestScreenshots$$' ./walk

clean: ## removes what was built
	rm -rf bin tmp

bin/tools/promtool:
	scripts/promtool $@

bin/tools/nfpm@%:
	scripts/tool github.com/goreleaser/nfpm/v2/cmd/nfpm $@

bin/tools/stripe-mock@%:
	scripts/tool github.com/stripe/stripe-mock $@

bin/tools/golangci-lint@%:
	scripts/tool github.com/golangci/golangci-lint/v2/cmd/golangci-lint $@

bin/tools/govulncheck@%:
	scripts/tool golang.org/x/vuln/cmd/govulncheck $@

bin/tools/templ@%:
	scripts/tool github.com/a-h/templ/cmd/templ $@
