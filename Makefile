# Every target installs what it needs. `make` alone lists them.

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The embedded store uses node:sqlite, which works and calls itself experimental.
QUIET := --disable-warning=ExperimentalWarning
INSTALLED := node_modules/.package-lock.json

.PHONY: help setup demo dev test lint types check bundle cli mcpb bench load eval cycle client slack-manifest docs pictures clean
.PHONY: bootstrap secrets certs plan deploy deploy-gateway deploy-server edge-secret rollback destroy logs rotate revoke bridge person token operator doctor redis-acl

# The environment that the deployment targets work on; `local` as well for doctor.
ENV ?= dev
# Questions are answered with yes: YES=1. prod wants CONFIRM=prod where nobody can type it.
ANSWER := $(if $(YES),--yes)
AWS_RUN = node $(QUIET) scripts/aws/$@.ts "$$ENV_TEXT" $(ANSWER)

# Words that a person chose reach the commands by the environment, as they were typed: neither make nor the shell reads them. Make would expand
# what it hands on under their own names. (ARGS is the exception: words of a command line, which the shell reads as such.)
WORDS := AUDIENCE DAYS DROP ENV FD FILTER FN KEY NAME OUT OVERLAP PERSON Q REPLACE ROOT SCOPE SCOPES SERIAL SINCE TO URL
unexport $(WORDS)
$(foreach word,$(WORDS),$(eval export $(word)_TEXT = $$(value $(word))))
# Whether one was given, and the option that hands it on.
option = $(if $(value $1),$2 "$$$1_TEXT")

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'
	@printf '\nA deployed environment (ENV=dev, gamma or prod; docs/deployment.md):\n\n'
	@grep -hE '^[a-z-]+:.*#@ ' $(MAKEFILE_LIST) | awk -F ':.*#@ ' '{printf "  make %-14s %s\n", $$1, $$2}'

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
	@node scripts/test-client.ts $(call option,Q) $(ARGS)

test: $(INSTALLED) ## Run every test; the last line says how many passed
	@node scripts/run-tests.ts $(SUITES)

lint: $(INSTALLED) ## Formatting, lint and layer rules; files and dependencies that nothing uses
	@biome check --error-on-warnings .
	@knip

types: $(INSTALLED) ## Check the types
	@tsc --noEmit
	@tsc --noEmit -p src/console/page

check: types lint test ## Everything that CI checks

bundle: $(INSTALLED) ## Build the zip that Lambda runs, into dist/
	@node build/bundle.ts

cli: $(INSTALLED) ## Build the npm package of the sallyport command, into dist/cli/
	@node build/cli.ts

mcpb: $(INSTALLED) ## Build the bundle that Claude Desktop installs, into dist/
	@node build/mcpb.ts

bench: $(INSTALLED) ## Measure speed against baselines in the same run
	@node test/bench/run.ts $(ONLY)

load: $(INSTALLED) ## Fifty signed calls a second for a minute: P50, P95, P99, errors; LOAD_RATE=, LOAD_SECONDS=
	@node $(QUIET) test/load/run.ts

eval: $(INSTALLED) ## Play the written scenarios offline and on every model whose key is there; ONLY=words, MODELS="openai:…"
	@node $(QUIET) test/eval/run.ts

cycle: $(INSTALLED) ## Deploy, ask, rotate, revoke, roll back and destroy in an emulated AWS account, step by step
	@node $(QUIET) test/infra/cycle/run.ts

slack-manifest: $(INSTALLED) ## Print the Slack app's manifest: URL=https://oauth.example.com
	@node scripts/slack-manifest.ts "$$URL_TEXT"

docs: $(INSTALLED) ## Write the documents that are generated from code
	@node scripts/generate-docs.ts

pictures: $(INSTALLED) ## Take the README’s pictures again: the console in Chromium, a session in a terminal
	@TZ=Europe/Berlin node $(QUIET) scripts/pictures.ts

clean: ## Remove everything that was built or installed here; the local system's data stays in .sallyport/
	@rm -rf node_modules dist coverage .cache test/peers/node_modules test/peers/*/node_modules test/peers/.venv*

bootstrap: $(INSTALLED) #@ Apply the foundation: state, keys, places of secrets, truststore, GitHub roles
	@$(AWS_RUN)

secrets: $(INSTALLED) #@ Give secrets their values, typed unseen or FD=3 3< FILE; REPLACE=name,… overwrites
	@$(AWS_RUN) $(call option,FD,--from-fd) $(call option,REPLACE,--replace)

certs: $(INSTALLED) #@ Make the authority’s certificate, the truststore and the agent’s credentials; DROP=name ends a rollover
	@$(AWS_RUN) $(call option,DROP,--drop)

redis-acl: $(INSTALLED) #@ Print the Redis users of each function, without passwords; CLOUD=1 as rules for Redis Cloud
	@node scripts/redis-acl.ts --env "$$ENV_TEXT" $(if $(CLOUD),--cloud)

plan: $(INSTALLED) #@ Show what a deploy would change; ROOT=foundation for the foundation
	@$(AWS_RUN) --bundle $(call option,ROOT,--root)

deploy: $(INSTALLED) #@ Plan, apply that very plan, try every door, go back if one answers wrongly
	@$(AWS_RUN) --bundle

deploy-gateway: $(INSTALLED) #@ Deploy the servers of servers/ that are functions of their own; REMOVE=1 takes them away
	@$(AWS_RUN) $(if $(REMOVE),--remove)

deploy-server: $(INSTALLED) #@ Deploy one of them alone, for callers who sign: NAME=time
	@$(AWS_RUN) "$$NAME_TEXT"

rollback: $(INSTALLED) #@ Go back to the version before, or TO="mcp/3 agent/5"
	@$(AWS_RUN) $$TO_TEXT

edge-secret: $(INSTALLED) #@ Bring the origin secret to an edge that CI deployed; REPLACE=1 makes another, refusing no request
	@$(AWS_RUN) $(if $(REPLACE),--replace)

destroy: $(INSTALLED) #@ Remove the service; ROOT=foundation then removes keys, secrets and state too
	@$(AWS_RUN) $(call option,ROOT,--root)

logs: $(INSTALLED) #@ Print the functions’ log: FN=mcp,agent SINCE=2h FILTER=error
	@$(AWS_RUN) $(call option,FN,--fn) $(call option,SINCE,--since) $(call option,FILTER,--filter)

rotate: $(INSTALLED) #@ Run the rotation now; START=1 a new key, RENEW=1 a new certificate, KEY=… where one leaked
	@$(AWS_RUN) $(if $(START),--start) $(if $(RENEW),--renew) $(call option,KEY,--replace)

revoke: $(INSTALLED) #@ Revoke a client certificate everywhere within 60 seconds: SERIAL=4f3a…
	@$(AWS_RUN) "$$SERIAL_TEXT"

bridge: $(INSTALLED) #@ Issue the credentials of a person’s bridge: PERSON=p_… OUT=bridge.json SCOPES="calendar.read" DAYS=30 OVERLAP=24
	@$(AWS_RUN) --person "$$PERSON_TEXT" --out "$$OUT_TEXT" $(call option,SCOPES,--scopes) $(call option,DAYS,--days) \
	  $(call option,OVERLAP,--overlap)

person: $(INSTALLED) #@ Add a person: NAME="Ana"; without, list persons
	@node $(QUIET) scripts/aws/operator.ts "$$ENV_TEXT" $(ANSWER) -- person $(if $(value NAME),add "$$NAME_TEXT",list)

token: $(INSTALLED) #@ Make a token: PERSON=p_… AUDIENCE=agent SCOPE="calendar.read" DAYS=90; without, list tokens
	@node $(QUIET) scripts/aws/operator.ts "$$ENV_TEXT" $(ANSWER) -- token \
	  $(if $(value PERSON),create --person "$$PERSON_TEXT" --audience "$$AUDIENCE_TEXT" --scope "$$SCOPE_TEXT" \
	  --days "$${DAYS_TEXT:-90}",list)

operator: $(INSTALLED) #@ Any other operator command: ARGS="token revoke …"
	@$(AWS_RUN) -- $(ARGS)

doctor: $(INSTALLED) #@ What is missing, stale or expired, and the command that mends it; ENV=local for this machine
	@$(AWS_RUN)
