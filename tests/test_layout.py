"""The layout that lets three source roots share one namespace, and the files that it must not grow."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
ROOTS = ("platform", "tenants", "invoicing")
BANNED = frozenset({"service", "services", "repository", "dao", "util", "utils", "helper", "helpers", "common", "manager", "misc"})
MADE = frozenset({".git", ".venv", ".hypothesis", ".scratch", "var", "demo-output", "dist"})
LOCKS = ("run", "develop", "installer")
DECLARED = re.compile(r"^[A-Za-z0-9_.-]+==[^\s;]+")


def capabilities(root: str) -> set[str]:
    """Return the names that a root adds to the namespace."""
    return {path.stem for path in (TOP / root / "caretally").iterdir() if path.name != "__pycache__"}


def committed_files() -> list[Path]:
    """Return the files of the checkout that are no product of a run; there need not be a git on this machine."""
    tops = (path for path in TOP.iterdir() if path.name not in MADE and "cache" not in path.name)
    files = (file for top in tops for file in (top.rglob("*") if top.is_dir() else [top]))
    return [file for file in files if file.is_file() and file.suffix != ".pyc"]


@pytest.mark.parametrize("root", ROOTS)
def test_a_source_root_and_the_namespace_in_it_are_no_packages(root: str) -> None:
    assert not (TOP / root / "__init__.py").exists()
    assert not (TOP / root / "caretally" / "__init__.py").exists()


def test_no_capability_lies_in_two_roots() -> None:
    names = [name for root in ROOTS for name in capabilities(root)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("root", ROOTS)
def test_every_capability_folder_is_a_package_that_says_what_it_owns(root: str) -> None:
    folders = [path for path in (TOP / root / "caretally").iterdir() if path.is_dir() and list(path.glob("*.py"))]
    assert [folder.name for folder in folders if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("root", ROOTS)
def test_a_capabilitys_package_file_holds_a_docstring_only(root: str) -> None:
    starts = (path.read_text().strip() for path in (TOP / root / "caretally").rglob("__init__.py"))
    assert all(text.startswith('"""') and text.endswith('"""') and text.count('"""') == 2 for text in starts)


def test_no_file_is_named_for_a_layer_or_for_nothing() -> None:
    assert [path for root in ROOTS for path in (TOP / root).rglob("*.py") if path.stem in BANNED] == []


def test_no_code_file_is_longer_than_400_lines() -> None:
    files = (path for root in (*ROOTS, "tests", "infra", "migrations") for path in (TOP / root).rglob("*.py"))
    assert [str(path) for path in files if len(path.read_text().splitlines()) > 400] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_host_and_no_path(lock: str) -> None:
    text = (TOP / "requirements" / f"{lock}.txt").read_text()
    for entry in text.replace("\\\n", " ").splitlines():
        assert DECLARED.match(entry), entry
        assert "--hash=sha256:" in entry, entry
    assert "/" not in text
    assert "index" not in text


def test_no_committed_text_names_a_package_index_or_a_folder_of_one_machine() -> None:
    needles = [
        word.encode()
        for word in ("pypi" + ".org", "pythonhosted" + ".org", "registry.npmjs" + ".org", "/opt/" + "pypi", "/opt/" + "wheels")
    ]
    found = [str(path.relative_to(TOP)) for path in committed_files() if any(needle in path.read_bytes() for needle in needles)]
    assert found == []


def test_every_layer_of_the_import_rule_is_a_capability_and_the_reverse() -> None:
    declared = re.search(r"\nlayers = \[(.*?)\n\]", (TOP / "pyproject.toml").read_text(), re.DOTALL)
    assert declared is not None
    assert set(re.findall(r'"(\w+)"', declared[1])) == {name for root in ROOTS for name in capabilities(root)}
