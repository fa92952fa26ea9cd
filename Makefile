# Every target installs what it needs. `make` alone lists them.

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The embedded store uses node:sqlite, which works and calls itself experimental.
QUIET := --disable-warning=ExperimentalWarning
INSTALLED := node_modules/.package-lock.json

.PHONY: help setup demo dev test lint types check bundle bench client docs clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(INSTALLED): package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $(INSTALLED)

setup: $(INSTALLED) ## Install the pinned Node, the packages and the Git hooks (safe to repeat)
	@node scripts/setup.ts

demo: $(INSTALLED) ## Ask about free time and book an event, through both doors, with no account
	@node $(QUIET) src/local/demo.ts

dev: $(INSTALLED) ## Run the whole system on this machine until Ctrl-C
	@node $(QUIET) src/local/dev.ts

client: $(INSTALLED) ## Ask the running system: make client Q="am I free tomorrow at three?"
	@node scripts/test-client.ts $(if $(Q),"$(Q)") $(ARGS)

test: $(INSTALLED) ## Run every test; the last line says how many passed
	@node scripts/run-tests.ts $(SUITES)

lint: $(INSTALLED) ## Formatting, lint and layer rules; files and dependencies that nothing uses
	@biome check --error-on-warnings .
	@knip

types: $(INSTALLED) ## Check the types
	@tsc --noEmit

check: types lint test ## Everything that CI checks

bundle: $(INSTALLED) ## Build the zip that Lambda runs, into dist/
	@node build/bundle.ts

bench: $(INSTALLED) ## Measure speed against baselines in the same run
	@node test/bench/run.ts $(ONLY)

docs: $(INSTALLED) ## Write the documents that are generated from code
	@node scripts/generate-docs.ts

clean: ## Remove everything that was built or installed here; the local system's data stays in .sallyport/
	@rm -rf node_modules dist coverage .cache test/peers/node_modules test/peers/*/node_modules test/peers/.venv*
