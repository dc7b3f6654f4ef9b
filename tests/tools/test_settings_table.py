from chat.settings import Settings, load_settings
from tools.settings_table import DOCUMENT, EXAMPLE, defaults, meanings, with_table


def test_the_example_loads_and_is_what_holds_without_it() -> None:
    assert load_settings({"SAMTALE_CONFIG": str(EXAMPLE)}) == Settings()


def test_the_example_explains_every_setting_and_no_other() -> None:
    explained = meanings(EXAMPLE.read_text(encoding="utf-8"))
    assert list(explained) == list(defaults())
    assert all(len(words) > 10 for words in explained.values())


def test_the_table_of_settings_is_current() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert document == with_table(document, EXAMPLE.read_text(encoding="utf-8")), (
        "run: python -m tools.settings_table"
    )
    assert all(f"`{name}`" in document for name in defaults())
