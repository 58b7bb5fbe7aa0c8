# `make demo` shows what callibrate does, `make test` runs all checks; `make help` lists the rest.
# There is one build profile, release: a debug build of whisper.cpp is too slow to be of use.

PREFIX ?= $(HOME)/.local

# With SOURCE_DATE_EPOCH set, whisper.cpp would be built without this machine's fast instructions.
CARGO = env -u SOURCE_DATE_EPOCH cargo

CALLIBRATE = $(CARGO) run --release --locked --quiet --
RUBRICS = --rubric service-essentials --rubric identity-privacy --rubric collections-compliance
AGENTS = --agents samples/agents.csv
SAMPLES = samples/calls --calls samples/calls.csv $(AGENTS) $(RUBRICS)
PROGRAMME = samples/programme/transcripts/*.json --calls samples/programme/calls.csv \
	--contacts samples/programme/contacts.csv $(AGENTS) $(RUBRICS)
HOSTILE = target/samples/hostile
RATED = --ratings samples/ratings.csv --outcomes samples/outcomes.csv \
	--coaching samples/coaching.yaml

.PHONY: help demo build test lint audit fuzz needs needs-test install dist

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

demo: build ## Build, run a night over the sample calls, calibrate, and make the pages
	$(CALLIBRATE) run $(SAMPLES) --out demo-out
	@$(CALLIBRATE) score $(PROGRAMME) --out demo-out > demo-out/score.txt
	@printf '\nThe 84 made calls of samples/programme are scored too (demo-out/score.txt).\n\n'
	$(CALLIBRATE) calibrate $(RATED) --out demo-out
	@echo
	$(CALLIBRATE) report --from 2026-01-05 --to 2026-04-03 --out demo-out

build: needs ## Build for this machine: target/release/callibrate
	$(CARGO) build --release --locked

test: lint audit ## Formatting, lints, dependencies, all tests; queries and pages of a run of the samples
	$(CARGO) test --release --locked
	rm -rf target/samples
	XDG_CONFIG_HOME=target/samples/config \
		$(CALLIBRATE) run $(SAMPLES) --out target/samples/report
	XDG_CONFIG_HOME=target/samples/config \
		$(CALLIBRATE) score $(PROGRAMME) --out target/samples/report > /dev/null
	$(CALLIBRATE) release --date 2026-03-17 --out target/samples/report
	$(CALLIBRATE) calibrate $(RATED) --out target/samples/report > target/samples/calibration.txt
	$(CALLIBRATE) score --all $(AGENTS) $(RUBRICS) --out target/samples/report \
		> target/samples/summary.txt
	$(CALLIBRATE) export parquet target/samples/report/export/merged --out target/samples/report
	target/venv/bin/python tests/queries.py target/samples/report
	target/venv/bin/python tests/cookbook.py target/samples/report
	target/venv/bin/python tests/same_numbers.py target/samples/report \
		target/samples/summary.txt target/samples/calibration.txt
	target/venv/bin/python tests/schema.py
	node tests/pages/broken.mjs
	$(CALLIBRATE) report --out target/samples/report
	touch target/samples/first-report
	$(CALLIBRATE) report --config tests/pages/callibrate.toml --coaching samples/coaching.yaml \
		--from 2026-03-02 --to 2026-03-20 --out target/samples/report
	node tests/pages/check.mjs target/samples/report/pages --whole --since target/samples/first-report
	rm -rf $(HOSTILE)
	target/venv/bin/python tests/pages/hostile.py $(HOSTILE)
	@# Ends with 1, because some calls fail on purpose.
	$(CALLIBRATE) score $(HOSTILE)/transcripts/*.json --calls $(HOSTILE)/calls.csv \
		--rubric $(HOSTILE)/service-essentials.yaml --out $(HOSTILE)/report > /dev/null; test $$? = 1
	$(CALLIBRATE) calibrate --ratings $(HOSTILE)/ratings.csv --outcomes $(HOSTILE)/outcomes.csv \
		--coaching $(HOSTILE)/coaching.yaml --out $(HOSTILE)/report > /dev/null
	$(CALLIBRATE) report --from 2026-01-01 --to 2026-03-31 --coaching $(HOSTILE)/coaching.yaml \
		--out $(HOSTILE)/report > /dev/null
	node tests/pages/check.mjs $(HOSTILE)/report/pages --shown $(HOSTILE)/shown.txt
	$(CARGO) build --release --locked --example coefficients
	target/venv/bin/python tests/coefficients.py target/release/examples/coefficients
	$(CARGO) run --release --locked --quiet --example programme -- \
		--out target/programme --calls 440 --words 440

lint: needs-test
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings

audit: needs-test ## Licences and sources of the dependencies, and what is known against them
	@scripts/audit.sh

fuzz: ## Fuzz one parser: make fuzz TARGET=rubric (without TARGET: the list)
	@scripts/fuzz.sh $(TARGET)

needs: ## Install what the build needs from the system, or say what is missing
	@scripts/needs.sh

needs-test:
	@scripts/needs.sh test

install: build ## Build and install into PREFIX/bin (PREFIX is ~/.local without your own)
	mkdir -p "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 "$${CARGO_TARGET_DIR:-target}/release/callibrate" "$(DESTDIR)$(PREFIX)/bin/"
	@echo "installed $(DESTDIR)$(PREFIX)/bin/callibrate"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; \
		*) echo "add $(PREFIX)/bin to your PATH to call it by its name" ;; esac

dist: ## Build for any x86-64 Linux with AVX2 and FMA, and pack it into dist/
	@scripts/needs.sh dist
	scripts/dist.sh
