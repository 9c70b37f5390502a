"""A walk through the pages in a browser: by their links to the pages of each kind, with the forms that take words and the files that stand on them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page, Response

NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d(-\d\d)?|\d+|~[\w-]+")
GATE = re.compile(r"/[A-Z][A-Z_]+\b")
FILE = re.compile(r"\.(csv|xlsx|pdf)($|\?)")
ELSEWHERE = re.compile(r"^/(static|help|demo|probe|choose|sign-out)\b")
# In `harm`: what no page of ours holds, as scripts that are none of our files, handlers, styles, frames, and addresses of scripts or other sites.
LOOK = """() => {
  const seen = {links: [], forms: [], harm: [], words: document.documentElement.textContent};
  const strange = ['iframe', 'object', 'embed', 'base', 'marquee', 'math', 'template', 'style', 'video', 'audio'];
  const named = ['href', 'src', 'action', 'formaction', 'data'];
  for (const one of document.querySelectorAll('*')) {
    const tag = one.tagName.toLowerCase();
    if (tag === 'script' && !one.src.startsWith(location.origin + '/static/') || strange.includes(tag)) seen.harm.push(tag);
    if (tag === 'img' && !one.src.startsWith('data:')) seen.harm.push(tag);
    for (const {name, value} of one.attributes) {
      if (name.startsWith('on') || name === 'style' || name === 'srcdoc') seen.harm.push(tag + ' ' + name);
      if (named.includes(name) && !value.startsWith('data:image') && new URL(value, location.href).origin !== location.origin)
        seen.harm.push(tag + ' ' + name + ' ' + value);
    }
  }
  for (const link of document.querySelectorAll('a[href]')) {
    const to = new URL(link.href, location.href);
    if (to.origin === location.origin) seen.links.push(to.pathname + to.search);
  }
  for (const form of document.forms) {
    const {to, fields, buttons} = told(form);
    for (const button of buttons.length ? buttons : ['']) if (fields.length) seen.forms.push({to, fields, button});
  }
  return seen;
}"""
# What tells one form of a page from another; `fields` are those that take words.
TOLD = """
window.told = form => {
  const typed = ['text', 'search', 'email', 'password', 'tel', 'url', 'textarea'];
  const all = Array.from(form.elements);
  const looksFor = form.elements.to instanceof HTMLInputElement && form.elements.to.type === 'hidden';
  return {
    to: new URL(form.getAttribute('action') || '', location.href).pathname + (looksFor ? form.elements.to.value : ''),
    fields: Array.from(new Set(all.filter(one => typed.includes(one.type) && one.name && !one.readOnly).map(one => one.name))),
    buttons: all.filter(one => one.type === 'submit').map(one => one.name + '=' + one.value),
  };
};
window.formLike = wanted => Array.from(document.forms).find(form => {
  const {to, fields, buttons} = told(form);
  return to === wanted.to && fields.join() === wanted.fields.join() && (!wanted.button || buttons.includes(wanted.button));
});"""
FILL = """([wanted, words, plain]) => {
  const form = formLike(wanted), all = Array.from(form.elements);
  form.noValidate = true;
  for (const one of all) {
    if (wanted.fields.includes(one.name) && one.name in words) one.value = one.maxLength > 0 ? words[one.name].slice(0, one.maxLength) : words[one.name];
    else if (one.name in plain && one.type !== 'hidden') one.value = plain[one.name];
    else if (one.type === 'date' && !one.value) one.value = plain.day;
    else if (one.tagName === 'SELECT' && !one.value && one.options.length) one.value = one.options[one.options.length - 1].value;
    else if (one.type === 'radio' && !form.elements[one.name].value) one.checked = true;
  }
  form.requestSubmit(all.find(one => one.type === 'submit' && (one.name + '=' + one.value === wanted.button)));
}"""
WRONG = """() => Array.from(document.querySelectorAll('main [aria-invalid=true]')).map(one => one.name)
  .concat(document.querySelector('main .summary, main [role=alert]') ? [''] : [])"""


@dataclass(frozen=True)
class FoundForm:
    """A form that takes words: the page it stands on, where it leads, its button, and the names of the fields that take them."""

    page: str
    to: str
    button: str
    fields: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What it has in common with forms about other rows."""
        named = ",".join(sorted({NAME.sub("*", one) for one in self.fields}))
        return f"{GATE.sub('/*', shape(self.to))} {named} {NAME.sub('*', self.button)}"


@dataclass
class Watch:
    """What a browser did that no page of ours makes it do: `executed` are scripts, `violations` what the policy of the page had to stop."""

    executed: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    harm: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> Page:
        """Return a watched window of a context; a script that runs calls `__xss` or opens a dialog."""
        context.expose_function("__xss", lambda *_: self.executed.append("a call of the canary"))
        context.add_init_script(TOLD)
        page = context.new_page()
        page.on("dialog", self._dialog)
        page.on("console", lambda message: self._said(message.type, message.text, page.url))
        page.on("pageerror", lambda error: self.errors.append(f"{error} at {page.url}"))
        return page

    def _dialog(self, dialog: Any) -> None:
        self.executed.append(f"a dialog of {dialog.message[:100]!r}")
        dialog.dismiss()

    def _said(self, kind: str, words: str, place: str) -> None:
        if "Content Security Policy" in words:
            self.violations.append(f"{words[:200]} at {place}")
        elif kind == "error" and "status of 4" not in words:
            self.errors.append(f"{words[:200]} at {place}")

    def answered(self, answer: Response | None) -> None:
        """Note an answer that says that the server broke."""
        if answer is not None and answer.status >= 500:
            self.broken.append(f"{answer.status} of {answer.request.method} {answer.url}")

    def counts(self) -> dict[str, int]:
        """Return how much was caught of each kind."""
        return {name: len(getattr(self, name)) for name in ("executed", "violations", "errors", "harm", "broken")}

    def caught(self) -> list[str]:
        """Return the first of what was caught."""
        return [*self.executed[:3], *self.violations[:3], *self.errors[:3], *self.harm[:3], *self.broken[:3]]


def shape(path: str) -> str:
    """Return the kind of an address: its path without names, numbers and days, and the names of what its query says."""
    way, _, query = path.partition("?")
    said = sorted({part.partition("=")[0] for part in query.partition("#")[0].split("&") if part})
    return NAME.sub("*", way) + ("?" + "&".join(said) if said else "")


@dataclass
class Walk:
    """A walk of one person: at most `each` pages of a kind are opened (one where the address has a query), those of `seen` counted.

    `forms` and `files` are what stood on them.
    """

    page: Page
    watch: Watch
    each: int
    seen: dict[str, int]
    forms: dict[str, FoundForm] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def through(self, *starts: str) -> Iterator[str]:
        """Open one page after the other, and give the words of each."""
        waiting = list(starts)
        while waiting:
            path = waiting.pop(0)
            kind = shape(path)
            if ELSEWHERE.search(path) or self.seen.get(kind, 0) >= (1 if "?" in kind else self.each):
                continue
            self.seen[kind] = self.seen.get(kind, 0) + 1
            if FILE.search(path):
                self.files[path] = kind
                continue
            self.watch.answered(self.page.goto(path, wait_until="domcontentloaded"))
            seen = self.look(path)
            waiting += dict.fromkeys(seen["links"])
            yield seen["words"]

    def look(self, path: str) -> Any:
        """Look at the page as it stands: note its forms, and what no page of ours holds."""
        seen = self.page.evaluate(LOOK)
        self.watch.harm += [f"{what[:200]} at {path}" for what in seen["harm"]]
        for one in seen["forms"]:
            form = FoundForm(path, one["to"], one["button"], tuple(one["fields"]))
            self.forms.setdefault(form.kind, form)
        return seen


def fill(walk: Walk, form: FoundForm, words: Mapping[str, str], plain: Mapping[str, str]) -> Sequence[str] | None:
    """Send a form with words in its fields and return those that are refused; None where the form is gone from its page."""
    page, wanted = walk.page, {"to": form.to, "fields": form.fields, "button": form.button}
    if not page.evaluate("wanted => !!formLike(wanted)", wanted):
        page.goto(form.page, wait_until="domcontentloaded")
        if not page.evaluate("wanted => !!formLike(wanted)", wanted):
            return None
    with page.expect_navigation(wait_until="domcontentloaded") as sent:
        page.evaluate(FILL, [wanted, words, plain])
    walk.watch.answered(sent.value)
    refused: list[str] = page.evaluate(WRONG)
    return refused
