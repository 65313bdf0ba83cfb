# make setup, then make demo. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
READY := .venv/.ready
DESTDIR ?=
PREFIX := /opt/towerd
COLLECTED := build/collected

# what has once been compiled is kept: a test run starts some eighty processes
unexport PYTHONDONTWRITEBYTECODE

.PHONY: shop test-weeks test-shop test-browser pictures test-broker test-sweeps test-lines test-matrix fault-matrix help setup demo test check bench reference lock test-systemd test-install test-peers test-engines test-e2e-kill install clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1|/' | column -t -s '|'

setup: $(READY) ## .venv with what is locked, and the project

$(READY): requirements/dev.txt requirements/build.txt
	@tools/setup.sh

demo: $(READY) ## a whole tower in this terminal; ARGS="--help" says what can be seen
	$(PY) -m simulator.demo $(ARGS)

shop: $(READY) ## two simulated towers and a shop over them, to be clicked through in a browser
	$(PY) -m simulator.shop stack $(ARGS)

# once for all workers, where each would compile the same modules beside the others
$(COLLECTED): $(READY) $(shell find towerd simulator tests -name '*.py')
	@mkdir -p $(@D)
	@$(PY) -m pytest --collect-only -qq >$@ || { cat $@; rm -f $@; exit 1; }

test: $(READY) $(COLLECTED) ## every test but those of the service manager, of the killed daemon, of serial lines, of mosquitto, of foreign peers and of a browser (about 6 minutes)
	$(PY) -m pytest -n 4 --dist worksteal -m "not systemd and not kill and not peers and not line and not broker and not browser" $(ARGS)

check: $(READY) ## style, types, imports, references and lock
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m tools.reference --check
	$(PY) -m tools.lock_check

bench: $(READY) ## benchmarks, each a ratio measured in one run
	$(PY) -m bench $(ARGS)

reference: $(READY) ## docs/reference anew from the program itself
	$(PY) -m tools.reference

lock: ## requirements/*.txt anew from pyproject.toml (needs the network)
	tools/lock.sh

test-systemd: $(READY) ## units valid, exposure small (needs systemd-analyze, no root)
	$(PY) -m pytest -m systemd tests/e2e/test_systemd_units.py $(ARGS)

test-peers: $(READY) ## the link against libmodbus, mbpoll against the simulator (needs gcc, pkg-config, libmodbus-dev, mbpoll)
	$(PY) -m pytest -m peers tests/peers $(ARGS)

test-broker: $(READY) ## mosquitto with the shipped configuration: certificates, who may do what, outages (needs mosquitto)
	$(PY) -m pytest -m broker tests/broker $(ARGS)

test-browser: $(READY) ## the stand-in shop's pages in a real browser, at a desktop's and a phone's width (needs chromium, chromium-driver)
	$(PY) -m pytest -n 2 -m browser tests/browser $(ARGS)

test-shop: $(READY) ## all of `make shop`: a car goes out of one tower and into the other; a customer's and a dealer's way in a real browser (needs chromium, chromium-driver)
	TOWERD_SHOP_STACK=1 $(PY) -m pytest tests/e2e/test_shop_stack.py tests/e2e/test_shop_browser.py $(ARGS)

pictures: $(READY) ## docs/pictures/shop-*.png anew from the browser's tests
	TOWERD_PICTURES=1 $(PY) -m pytest -n 2 -m browser tests/browser $(ARGS)

test-install: $(READY) ## towerd installed on this machine for real, and started by its own account (needs root)
	TOWERD_INSTALL_TEST=1 $(PY) -m pytest tests/e2e/test_install.py $(ARGS)

test-engines: $(READY) ## the whole demo, and the challenge, with the other face engine
	TOWERD_BOTH_ENGINES=1 $(PY) -m pytest tests/e2e/test_demo.py tests/contract/test_face_challenge.py -k face_recognition $(ARGS)

test-sweeps: $(READY) ## the plug pulled at every commit of a visit, a fetch, a move and a return (`make test` does so at every fifth or sixth), and more examples of every property
	TOWERD_SWEEPS=1 $(PY) -m pytest -n 2 tests/scenario/test_power_cut.py tests/scenario/test_power_cut_moves.py tests/scenario/test_return_power_cut.py $(ARGS)
	TOWERD_EXAMPLES=25 $(PY) -m pytest -n 2 tests/property $(ARGS)

test-weeks: $(READY) ## six weeks of a tower, and two towers with one platform, each with other people and other trouble
	TOWERD_WEEKS=6 TOWERD_EXAMPLES=20 $(PY) -m pytest -n 2 tests/weeks $(ARGS)

test-lines: $(READY) ## Modbus RTU in real time on paced serial lines, one test after the other
	$(PY) -m pytest -m line tests/contract tests/e2e $(ARGS)

test-matrix: $(READY) ## every fault at every moment of a visit, compared with docs/reference/fault-matrix.md
	$(PY) -m tests.matrix --check

fault-matrix: $(READY) ## docs/reference/fault-matrix.md anew from a run
	$(PY) -m tests.matrix

test-e2e-kill: $(READY) ## the daemon killed at every step of a delivery, and what it finds afterwards
	$(PY) -m pytest -n 2 -m kill tests/e2e $(ARGS)

install: ## towerd as a service under /opt/towerd (needs root; DESTDIR for packages)
	DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" tools/install.sh

clean: ## what make has made, but not .venv
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
