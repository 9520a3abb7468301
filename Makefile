# Every verb installs what it needs, pinned, below this checkout: python3 (3.11 or newer), make and git are enough.

PYTHON ?= python3
UV := .local/uv/bin/uv
ENVIRONMENTS := .venv/.ready .local/env/emulator/.ready .local/env/sam/.ready
FIND_BROWSER = $$(for name in chromium chromium-browser google-chrome google-chrome-stable; do command -v $$name && break; done)
.DEFAULT_GOAL := help
export PYTHONDONTWRITEBYTECODE := 1

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

run: $(ENVIRONMENTS) ## start the whole stack here, send every sample through it, show what Meta received
	@.venv/bin/python -m local run

up: $(ENVIRONMENTS) ## start the whole stack here and leave it running; writes .local/stack.json
	@.venv/bin/python -m local up

down: .venv/.ready ## stop what `make up` started
	@.venv/bin/python -m local down

test: $(ENVIRONMENTS) .local/env/schemathesis/.ready .local/browser ## run every test, the whole stack included
	.venv/bin/pytest

# The SAM translator wants to know a region, even to translate a file.
lint: export AWS_DEFAULT_REGION := eu-central-1
lint: export SAM_CLI_TELEMETRY := 0
lint: .venv/.ready .local/env/sam/.ready .local/env/checkov/.ready ## check style, types, import directions and the template
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python tools/ceilings.py
	.venv/bin/codespell
	.local/env/sam/bin/sam validate --lint --template-file template.yaml
	.venv/bin/cfn-lint --template template.yaml --append-rules cfn_lint_serverless.rules
	.local/env/sam/bin/python tools/expand_template.py > .local/expanded.json
	.local/env/checkov/bin/checkov --quiet --compact --file template.yaml .local/expanded.json

build: .local/env/sam/.ready ## build for AWS into .aws-sam/build
	PATH="$(CURDIR)/.local/env/sam/bin:$$PATH" .local/env/sam/bin/sam build

deploy: build .venv/.ready ## deploy to your AWS account; asks, and every question has an answer
	PATH="$(CURDIR)/.local/env/sam/bin:$$PATH" .local/env/sam/bin/sam deploy --guided

bench: .venv/.ready ## print the benchmarks, each as a ratio to a baseline of the same run
	.venv/bin/python -m benchmarks

chaos: .venv/.ready ## simulate bad days: a day without Meta, a dead token, bad events; print what became of each event
	.venv/bin/python -m benchmarks.chaos

mutants: .venv/.ready .local/env/mutants/.ready ## change the match keys and rules in small ways; say which changes no test noticed
	PYTHONPATH=$$(.venv/bin/python -c 'import site; print(site.getsitepackages()[0])') .local/env/mutants/bin/python tools/mutants.py

clean: ## remove everything that the verbs made (stop the stack first)
	rm -rf .venv .local .aws-sam

$(UV): tools/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sluice needs python3 3.11 or newer")'
	@echo "Installing uv into .local/uv"
	@$(PYTHON) -m venv --clear .local/uv
	@.local/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/uv.txt
	@touch $@

.venv/.ready: pyproject.toml uv.lock $(UV)
	@echo "Installing the development environment into .venv"
	@$(UV) sync --quiet --frozen --group dev --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@

.local/env/%/.ready: tools/%.txt $(UV)
	@echo "Installing $* into .local/env/$*"
	@$(UV) venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .local/env/$*
	@$(UV) pip sync --quiet --python .local/env/$*/bin/python tools/$*.txt
	@touch $@

# A link to the browser that the tests drive. It is never downloaded: the system has one, or Debian does.
.local/browser:
	@mkdir -p .local
	@if [ -z "$(FIND_BROWSER)" ] && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		echo "Installing Debian's chromium"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium > /dev/null; \
	fi
	@[ -n "$(FIND_BROWSER)" ] || { echo "The tests drive a browser: install chromium or google-chrome, so that it is on PATH" >&2; exit 1; }
	@ln -sfn "$(FIND_BROWSER)" $@

.PHONY: help run up down test lint build deploy bench chaos mutants clean
