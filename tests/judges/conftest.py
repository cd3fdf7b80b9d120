"""What the judges of mails may ask for: the mails, made once in a run."""

import os

import pytest

from tests.judges.mails import Mail, made_in, sample_of

IS_WHOLE = os.environ.get("JUDGE") == "all"


@pytest.fixture(scope="session")
def every_mail(tmp_path_factory: pytest.TempPathFactory) -> list[Mail]:
    """Give twenty issues and one mail of every other kind."""
    return made_in(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="session")
def mails(every_mail: list[Mail]) -> list[Mail]:
    """Give the mails that a slow judge looks at: three of them, or with `JUDGE=all` every one."""
    return every_mail if IS_WHOLE else sample_of(every_mail)
