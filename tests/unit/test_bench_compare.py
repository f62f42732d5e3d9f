"""The base of a comparison: which commit it is, and that its checkout is there while it runs and gone afterwards."""

import subprocess
from pathlib import Path

import pytest

from tests.bench import compare

AUTHOR = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        line = ["git", *AUTHOR, *words]
        return subprocess.run(line, cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            path = self.root / {"version": "pyproject.toml", "bench": "tests/bench/__main__.py", "required": "requirements/run.txt"}[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", " ".join(files))
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setattr(compare, "ROOT", tmp_path)
    monkeypatch.setattr(compare, "REQUIREMENTS", ("run.txt",))
    for name, place in {"FOLDER": "", "TREE": "base", "KEPT": "kept"}.items():
        monkeypatch.setattr(compare, name, tmp_path / "build" / "compare" / place)
    made = Repository(tmp_path)
    (tmp_path / ".gitignore").write_text("build/\n")
    return made


def test_without_a_tag_the_base_is_the_commit_that_set_the_version(repository: Repository) -> None:
    released = repository.commit(version='version = "0.1.0"\n', required="")
    repository.commit(bench="print()\n")
    assert compare._commit("") == released


def test_a_tag_that_is_here_is_not_the_base_but_the_one_before(repository: Repository) -> None:
    repository.commit(version='version = "0.1.0"\n')
    tagged = repository.commit(bench="print()\n")
    repository.git("tag", "v0.1.0")
    repository.commit(version='version = "0.2.0"\n')
    repository.git("tag", "v0.2.0")
    assert compare._commit("") == tagged


def test_a_commit_that_is_not_there_is_told(repository: Repository) -> None:
    repository.commit(version='version = "0.1.0"\n')
    with pytest.raises(SystemExit, match="there is no commit 'v9'"):
        compare._commit("v9")


def test_the_base_is_checked_out_while_it_runs_and_gone_afterwards(repository: Repository) -> None:
    base = repository.commit(bench="print('base')\n", required="msgspec==1\n")
    repository.commit(bench="print('this')\n")
    with compare._base(base) as checkout:
        assert (checkout.root / "tests/bench/__main__.py").read_text() == "print('base')\n"
        (checkout.root / "build" / "cached").write_text("a database")
    assert not compare.TREE.exists()
    assert str(compare.TREE) not in repository.git("worktree", "list")
    assert (compare.KEPT / "cached").exists()


def test_what_a_killed_run_left_is_in_nobodys_way(repository: Repository) -> None:
    base = repository.commit(bench="print()\n", required="")
    repository.git("worktree", "add", "--quiet", "--detach", str(compare.TREE), base)
    with compare._base(base) as checkout:
        assert (checkout.root / "build").is_symlink()
    assert not compare.TREE.exists()


def test_a_base_without_a_benchmark_is_told_and_removed(repository: Repository) -> None:
    base = repository.commit(version='version = "0.1.0"\n', required="")
    with pytest.raises(SystemExit, match="has no benchmark yet"), compare._base(base):
        pass
    assert not compare.TREE.exists()
