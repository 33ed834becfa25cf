.DEFAULT_GOAL := help
.PHONY: help style types test run

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

style: ## lint, format and import rule
	python3 dev.py test tests/test_architecture.py -k "not types"

types: ## mypy
	python3 dev.py test tests/test_architecture.py -k types

test: ## the whole suite on engines of its own
	python3 dev.py test

run: ## everything, until Ctrl-C
	python3 dev.py up
