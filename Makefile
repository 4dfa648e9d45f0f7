# Where the environment forbids compiled modules, each of the processes that tests start would compile everything: 2 s each.
unexport PYTHONDONTWRITEBYTECODE

# Each target does its own set-up: a virtual environment, the locked requirements, the browser files. The second time is quick.

SEED ?= 1
SECONDS ?= 120
TICKETS ?= $(if $(filter test-large,$(MAKECMDGOALS)),200000,20000)
ARGS ?=
VERSIONS ?=
LANGUAGE ?=
# The whole suite has a process a core and one more, for the one with the journeys mostly waits; a part of it, named by
# its path, one process, which starts sooner. 0 is no other process.
PROCESSES ?= $(if $(filter tests%,$(ARGS)),0,$(shell expr $$(getconf _NPROCESSORS_ONLN) + 1))

.PHONY: help run test test-browsers test-deploy test-large test-mail test-postgresql test-races test-walk coverage mutants lint format lock translations bench bench-failovers bench-faults \
    bench-load bench-mail bench-markup bench-growth screenshots production release release-try clean

help:
	@echo "make run           the whole helpdesk on this machine, with a Slack workspace and a mailbox to try it with"
	@echo "make test          the whole suite, on SQLite, PostgreSQL and Redis (ARGS='tests/domain -k reply' narrows it)"
	@echo "make test-browsers every page as each role, what people do most, in three engines; fails where one is missing"
	@echo "make test-races    every pair of functions that change a ticket, at the same time, on PostgreSQL (SEED=1)"
	@echo "make test-walk     10,000 requests at random, as everybody (SEED=13)"
	@echo "make test-mail     mail through Debian's Postfix, OpenDKIM, OpenDMARC, Dovecot, as root; fails where one is missing"
	@echo "make test-postgresql  what depends on PostgreSQL, on 14 to 18, from PyPI (VERSIONS='14 18')"
	@echo "make test-deploy   2,000 requests behind nginx and Caddy while the processes are replaced; fails where one is missing"
	@echo "make test-large    the plans of all pages over many tickets on PostgreSQL (TICKETS=200000)"
	@echo "make mutants       breaks the product's promises one line at a time; the named tests must notice (ARGS=--short for some)"
	@echo "make lint          format, linter, import rules and types"
	@echo "make bench         pages, live streams, deliveries and the whole loop, measured"
	@echo "make bench-failovers  two PostgreSQL servers, PgBouncer, Redis and Sentinel that fail (SCENARIO=all, needs root)"
	@echo "make bench-faults  real processes under seeded faults (SEED=1 SECONDS=120)"
	@echo "make bench-load    pages over many tickets (TICKETS=20000)"
	@echo "make bench-mail    a folder of mails with expectations, scored (DIR=folder); without it our own, by language"
	@echo "make bench-markup  a folder of Markdown, Slack JSON or HTML files, scored (DIR=folder)"
	@echo "make bench-growth  the time of every conversion for 100,000 characters of a thousand repeated patterns"
	@echo "make lock          new requirements*.lock from setup.cfg"
	@echo "make translations  every sentence into the catalogues, and these compiled (LANGUAGE=xx begins another language)"
	@echo "make coverage      the suite in one process, with the lines that no test runs"
	@echo "make release       dist/: wheel, source, list of parts (CycloneDX), and an image where buildah is"
	@echo "make release-try   the wheel in a fresh environment: serve and demo start in empty folders"
	@echo "make production    .venv for a server: what serving needs and nothing else"

run:
	@bin/set-up demo
	@exec .venv/bin/helpdesk demo

test:
	@bin/set-up dev
	@exec .venv/bin/python -m pytest -q -n $(PROCESSES) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

# Fails where one is missing: apt-get install firefox-esr webkit2gtk-driver xvfb at-spi2-core dbus python3-gi gir1.2-atspi-2.0
# One test looks at up to 150 pages, longer than the ten minutes after which a test of the suite counts as hanging.
test-browsers:
	@bin/set-up dev
	@BROWSERS=all exec .venv/bin/python -m pytest -q -rs -o faulthandler_timeout=3600 tests/engines tests/journeys/test_screen_reader.py $(ARGS)

# 2,070 pairs. Another SEED makes other tickets.
test-races:
	@bin/set-up dev
	@VERB_PAIRS=all VERB_SEED=$(SEED) .venv/bin/python -m pytest -q tests/domain/test_verb_pairs.py $(ARGS)

test-walk:
	@bin/set-up dev
	@RANDOM_WALK_REQUESTS=10000 RANDOM_WALK_SEED=$(SEED) .venv/bin/python -m pytest -q tests/web/test_crawler.py -k walk

test-large:
	@bin/set-up dev
	@LARGE_TICKETS=$(TICKETS) exec .venv/bin/python -m pytest -q tests/web/test_query_plans.py $(ARGS)

# Fails where a server is missing: apt-get install postfix opendkim opendmarc dovecot-imapd
test-mail:
	@bin/set-up dev
	@MAIL_SERVERS=required .venv/bin/python -m pytest -q -rs tests/domain/email/test_debian_mail_servers.py \
	    tests/channels/email/test_email_imap.py $(ARGS)

# Servers and their programs come from PyPI; ARGS is not taken.
test-postgresql:
	@bin/set-up dev
	@exec .venv/bin/python -m tests.postgresql_versions $(VERSIONS)

# Fails where a proxy is missing: apt-get install nginx caddy
test-deploy:
	@bin/set-up dev
	@DEPLOY_REQUESTS=2000 .venv/bin/python -m pytest -q -rs -o faulthandler_timeout=3600 tests/deploy $(ARGS)

mutants:
	@bin/set-up dev
	@exec .venv/bin/python -m tests.mutants $(ARGS)

lint:
	@bin/set-up dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports --no-cache
	.venv/bin/mypy helpdesk/models helpdesk/domain

format:
	@bin/set-up dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench:
	@bin/set-up dev
	@.venv/bin/python -m bench.costs $(ARGS)
	@.venv/bin/python -m bench.pages $(ARGS)
	@.venv/bin/python -m bench.live $(ARGS)
	@.venv/bin/python -m bench.deliveries $(ARGS)
	@.venv/bin/python -m bench.end_to_end $(ARGS)

bench-failovers:
	@bin/set-up dev
	@exec .venv/bin/python -m bench.fault_injection.failovers $(or $(SCENARIO),all) --seed $(SEED) $(ARGS)

bench-faults:
	@bin/set-up dev
	@exec .venv/bin/python -m bench.fault_injection.runner --seed $(SEED) --seconds $(SECONDS) $(ARGS)

bench-load:
	@bin/set-up dev
	@exec .venv/bin/python -m bench.load --tickets $(TICKETS) $(ARGS)

bench-mail:
	@bin/set-up dev
	@if [ -n "$(DIR)" ]; then exec .venv/bin/python -m bench.mail "$(DIR)" $(ARGS); \
	else exec .venv/bin/python -m bench.mail_languages $(ARGS); fi

bench-markup:
	@bin/set-up dev
	@exec .venv/bin/python -m bench.markup "$(DIR)" $(ARGS)

bench-growth:
	@bin/set-up dev
	@exec .venv/bin/python -m bench.markup.growth $(ARGS)

screenshots:
	@bin/set-up dev
	@exec .venv/bin/python bin/screenshots $(ARGS)

lock:
	@bin/set-up dev
	@for extra in s3 demo dev; do \
	    name=requirements-$$extra.lock; [ $$extra = s3 ] && name=requirements.lock; \
	    .venv/bin/uv pip compile --quiet --upgrade --fork-strategy fewest --generate-hashes --no-strip-extras --universal --python-version 3.11 \
	        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --extra $$extra setup.cfg --output-file $$name || exit 1; \
	done
	@.venv/bin/uv pip compile --quiet --fork-strategy fewest --generate-hashes --no-strip-extras --universal --python-version 3.11 \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --extra s3 --extra sentry --extra opentelemetry \
	    --constraint requirements.lock setup.cfg --output-file requirements-telemetry.lock

translations:
	@bin/set-up dev
	@exec .venv/bin/python bin/translations $(LANGUAGE)

coverage:
	@bin/set-up dev
	.venv/bin/coverage run -m pytest -q -p no:xdist $(ARGS)
	.venv/bin/coverage report

production:
	@bin/set-up

release:
	@bin/set-up dev
	rm -rf dist
	.venv/bin/uv build --quiet --out-dir dist
	.venv/bin/uv tool run --from cyclonedx-bom cyclonedx-py requirements requirements.lock --output-reproducible \
	    -o dist/helpdesk.cdx.json
	@if command -v buildah > /dev/null; then \
	    buildah build --format docker --file deploy/Dockerfile --tag helpdesk:$$(sed -n 's/^version = //p' setup.cfg) . ; \
	else echo "No image was built: buildah is not here."; fi
	@ls -l dist

release-try: release
	bin/try-package

clean:
	rm -rf .venv var dist build helpdesk/static/vendor test-results *.egg-info
