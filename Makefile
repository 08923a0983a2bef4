# On a fresh machine with Python 3.11 and make: `make xray` sets up and runs the main job, `make test` sets up and tests.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup xray test check ui dashboard postgres postgres-stop

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade-strategy only-if-needed -c constraints.txt -e '.[dev]'
	touch $@

xray: setup
	$(BIN)/python -m src.train +experiment=xray

test: check
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

ui: setup
	$(BIN)/mlflow ui --backend-store-uri $${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlruns/mlflow.db}

# The study of a search, by default the newest; STUDY=name picks one, STORAGE=URL a database.
STUDY ?= $(notdir $(patsubst %/study.journal,%,$(firstword $(shell ls -t mlruns/sweeps/*/study.journal 2>/dev/null))))
STORAGE ?= mlruns/sweeps/$(STUDY)/study.journal

dashboard: setup
	@case "$(STORAGE)" in *://*) ;; *) test -f "$(STORAGE)" || \
		{ echo "error: STUDY: must be a study under mlruns/sweeps/, but got '$(STUDY)'"; exit 1; } ;; esac
	$(BIN)/optuna-dashboard $(STORAGE)

# A PostgreSQL server of the project, for MLflow and for studies: docs/team.md.
POSTGRES ?= mlruns/postgres
HOST ?= 127.0.0.1
PORT ?= 5433

postgres:
	@$(PYTHON) scripts/postgres.py start --folder "$(POSTGRES)" --host "$(HOST)" --port "$(PORT)"

postgres-stop:
	@$(PYTHON) scripts/postgres.py stop --folder "$(POSTGRES)"
