"""A form that cannot be taken comes back with what is wrong, above and by the field, and with everything that was typed."""

from typing import Any

import pytest

from tests.builders.pages import HERE, Pages, form_token, words

FORM = "/probe/filled"


def sent(pages: Pages, fields: dict[str, Any]) -> Any:
    """Send the form as a browser does."""
    client = pages.client()
    token = form_token(client.get(FORM))
    return client.post(FORM, data={"form_token": token, **fields}, headers={"Origin": HERE})


def test_a_form_that_is_right_is_taken(pages: Pages) -> None:
    assert sent(pages, {"email": "dana@example.org", "password": "secret"}).text == "changed to dana@example.org"


def test_what_is_wrong_stands_above_and_by_the_field_in_the_same_words(pages: Pages) -> None:
    answer = sent(pages, {"email": "dana", "password": ""})
    assert answer.status_code == 422
    assert words(answer).count("Write it as name@example.org.") == words(answer).count("Write your password.") == 2
    assert 'aria-describedby="password-hint password-wrong"' in answer.text
    assert "2 things are not right yet" in words(answer)


def test_what_was_typed_is_still_there_but_no_secret_is_sent_back(pages: Pages) -> None:
    answer = sent(pages, {"email": '"><script>alert(1)</script>', "password": "hunter2hunter2"})
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in answer.text
    assert "hunter2" not in answer.text


def test_a_nul_which_no_column_holds_is_not_taken(pages: Pages) -> None:
    assert sent(pages, {"email": "dana\0@example.org", "password": "secret"}).text == "changed to dana@example.org"


@pytest.mark.parametrize("more", [{"role": "vendor_admin"}, {"vendor_id": "x"}, {"email.": "x"}])
def test_a_field_that_the_form_does_not_have_is_refused(pages: Pages, more: dict[str, str]) -> None:
    assert sent(pages, {"email": "dana@example.org", "password": "secret", **more}).status_code == 400


def test_a_field_that_comes_twice_is_refused(pages: Pages) -> None:
    fields = {"email": ["dana@example.org", "other@example.org"], "password": "secret"}
    assert sent(pages, fields).status_code == 400
