.PHONY: run test check docs speed mutated kills clean
bin := .venv/bin

run: .venv/installed
	$(bin)/paraneo analyse

test: .venv/installed
	$(bin)/paraneo analyse && $(bin)/python -m pytest -n auto

check: .venv/installed
	$(bin)/ruff format --check . && $(bin)/ruff check . && $(bin)/mypy && $(bin)/lint-imports

docs: .venv/installed
	$(bin)/sphinx-build -q -W --keep-going docs docs/_build/html

.venv/installed: pyproject.toml constraints.txt
	python3 -m venv .venv && $(bin)/pip install -q -c constraints.txt -e '.[dev]' && touch $@

# Calls with wrong arguments, and writers that are killed: what docs/explanation/what_is_promised says.
mutated: .venv/installed
	$(bin)/python -m tests.mutated_calls --calls 50000 --seed 1

kills: .venv/installed
	$(bin)/python -m tests.killed_writers --kills 100

clean:
	rm -rf .venv docs/_build docs/jupyter_execute paraneo-results
