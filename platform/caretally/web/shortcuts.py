"""Whether this browser wants the keys: a person turns them off in the profile, and the script is then not sent (WCAG 2.2, 2.1.4)."""

from flask import Flask, Response

from caretally.web.cookies import forget_in_browser, keep_in_browser, kept_by_browser

COOKIE = "caretally_keys"
OFF = "off"
ONE_YEAR_SECONDS = 365 * 24 * 3600


def install_shortcuts(app: Flask) -> None:
    """Tell the templates whether to send the script."""
    app.jinja_env.globals["keys_wanted"] = keys_wanted


def keys_wanted() -> bool:
    """Tell whether keys are on; they are until somebody turns them off in this browser."""
    return kept_by_browser(COOKIE) != OFF


def want_keys(response: Response, *, wanted: bool) -> None:
    """Let the browser remember what was chosen."""
    if wanted:
        forget_in_browser(response, COOKIE)
    else:
        keep_in_browser(response, COOKIE, OFF, seconds=ONE_YEAR_SECONDS)
