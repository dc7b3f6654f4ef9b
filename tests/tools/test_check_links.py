from pathlib import Path

import pytest

from tools.check_links import anchors, links, named_paths, problems


def repository(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "target",
    [
        "docs/guide.md",
        "docs/guide.md#set-up",
        "docs/guide.md#set-up-1",
        "docs/guide.md#by-hand",
        "/docs/guide.md",
        "docs",
        "docs/",
        "docs/a%20b.txt",
        "#top",
        "https://example.org/nowhere",
        "mailto:nobody@example.org",
        'docs/guide.md "with a title"',
        "<docs/a b.txt>",
    ],
)
def test_a_link_that_leads_somewhere_is_left_in_peace(tmp_path: Path, target: str) -> None:
    guide = '## Set up\n\n## Set up\n\n<a id="by-hand"></a>\n'
    readme = f"# Top\n\n[there]({target})\n"
    root = repository(tmp_path, {"README.md": readme, "docs/guide.md": guide, "docs/a b.txt": ""})
    assert list(problems(root)) == []


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("docs/missing.md", "no such file"),
        ("docs/guide.md#tear-down", "no such heading"),
        ("#bottom", "no such heading"),
        ("../outside.md", "outside the repository"),
    ],
)
def test_a_link_that_leads_nowhere_is_named_with_its_line(
    tmp_path: Path, target: str, fault: str
) -> None:
    repository(tmp_path, {"outside.md": ""})
    readme = f"# Top\n\nSee [there]({target}).\n"
    root = repository(tmp_path / "repository", {"README.md": readme, "docs/guide.md": "# Set up\n"})
    assert list(problems(root)) == [f"README.md:3: {target}: {fault}"]


def test_images_badges_and_link_definitions_are_links_too() -> None:
    document = "![a](a.png) [![b](b.png)](b.md)\n\n[c]: c.md\n"
    assert [target for _, target in links(document)] == ["a.png", "b.png", "b.md", "c.md"]


def test_what_stands_in_code_is_no_link() -> None:
    document = "`[a](a.md)`\n\n```md\n[b](b.md)\n```\n\n~~~~\n~~~\n[c](c.md)\n~~~~\n"
    assert list(links(document)) == []


def test_headings_answer_as_they_do_where_the_code_is_hosted() -> None:
    document = (
        "# Life of a message\n## `hub`, *outbox* & co.\n### Æbler og øl\n# [Link](x.md) last\n"
    )
    assert anchors(document) == {
        "life-of-a-message",
        "hub-outbox--co",
        "æbler-og-øl",
        "link-last",
    }


def test_a_path_in_backticks_is_a_promise_only_where_it_looks_like_one() -> None:
    document = (
        "`chat/app.py` and `tests/flows/test_x.py::test_y`, `chat/<feature>/model.py`;\n"
        "not `chat`, `/chat/x`, `chat/app.py runs`, nor `other/file.py`\n"
    )
    assert list(named_paths(document)) == [
        (1, "chat/app.py"),
        (1, "tests/flows/test_x.py"),
        (1, "chat/<feature>/model.py"),
    ]


def test_the_architecture_names_only_files_that_exist(tmp_path: Path) -> None:
    architecture = (
        "`chat/app.py` `chat/storage/` `chat/<feature>/model.py` `chat/*/store.py`\n"
        "`chat/gone.py` `loadtests/*.py`\n"
    )
    files = {"chat/app.py": "", "chat/storage/writer.py": "", "chat/bubbles/model.py": ""}
    root = repository(tmp_path, {**files, "docs/architecture.md": architecture})
    assert list(problems(root)) == [
        "docs/architecture.md:1: `chat/*/store.py`: no such file",
        "docs/architecture.md:2: `chat/gone.py`: no such file",
        "docs/architecture.md:2: `loadtests/*.py`: no such file",
    ]
