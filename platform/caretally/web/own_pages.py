"""Where a visitor may be sent after an act: to a page of this site, never to an address that somebody else wrote."""

LONGEST = 2000
SIGN_IN = "/sign-in"
STEP_UP = "/step-up"


def page_of_ours(wanted: str, *, otherwise: str) -> str:
    """Return `wanted` when it is a path of this site, as `/months/2026-10?sort=name`, else `otherwise`.

    Browsers read `//host`, `/\\host` and control characters as other sites; all of these are refused.
    """
    a_path = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    return wanted if a_path and wanted.isprintable() and len(wanted) <= LONGEST else otherwise
