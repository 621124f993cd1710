"""Who stands at the desk, in which language, and the pages that are handed over.

A visitor has a session (server-side; the cookie is only its name) or at least a browser secret; form tokens belong to
one of the two.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailguard.access import Needs
from mailguard.console import locale
from mailguard.console.cookies import browser_cookie, session_cookie, set_cookie
from mailguard.console.desk import Desk, desk_of
from mailguard.console.locale import Say
from mailguard.console.menu import Tab, tabs_of
from mailguard.console.present import Speaker
from mailguard.console.security import form_token, is_form_token, same_site
from mailguard.console.statics import static_address
from mailguard.console.troubles import sentences
from mailguard.mail.actor import Actor, Role
from mailguard.mail.organization import Language
from mailguard.mail.saying import in_language
from mailguard.notify.naming import namer
from mailguard.review import SEE_ALL

SEES_ALL = SEE_ALL  # one set for pages, API and the review room
_YEAR = 365 * 86400
#: Seconds until a page that shows something under way is loaded anew.
_LOOK_AGAIN = 2


@dataclass(frozen=True, slots=True)
class Visitor:
    """actor: None when not logged in. scope: the only mail this session reaches, None for all. cookie: of the session.

    needs: what is wanting before the person has the rights of his role; pending: who it is that has none before that.
    """

    actor: Actor | None
    scope: str | None
    cookie: str = dataclass_field(repr=False)
    browser: str
    new_browser: bool
    language: Language
    needs: Needs = ""
    pending: Actor | None = None
    session_id: str = ""

    @property
    def secret(self) -> str:
        """What form tokens are made from."""
        return self.cookie if self.actor else self.browser

    @property
    def say(self) -> Say:
        """Sentences in the visitor's language."""
        return locale.sayer(self.language)

    def may_see(self, message_id: str) -> bool:
        """Whether this session reaches the mail at all; the review room decides the rest."""
        return self.scope is None or self.scope == message_id


class LoginNeeded(Exception):
    """The page is for people who are logged in; the visitor is taken to the login and back."""


class Stale(Exception):
    """The form's token does not belong to this visitor: too old, another session, or another site."""


async def visitor_of(request: Request) -> Visitor:
    """Who asks. Looked up once a request."""
    known = getattr(request.state, "visitor", None)
    if isinstance(known, Visitor):
        return known
    desk = desk_of(request)
    cookie = request.cookies.get(session_cookie(desk), "")[:200]
    # What an open page asks by itself is no sign of its reader.
    seen = "x-live" not in request.headers
    session = await desk.access.session(cookie, seen=seen) if cookie else None
    browser = request.cookies.get(browser_cookie(desk), "")
    fresh = not (20 <= len(browser) <= 60 and browser.isascii())
    visitor = Visitor(
        actor=session.actor if session and not session.locked else None,
        scope=session.scope if session else None,
        cookie=cookie if session else "",
        browser=secrets.token_urlsafe(24) if fresh else browser,
        new_browser=fresh,
        language=locale.choose_language(
            request.cookies.get(locale.COOKIE, ""),
            request.headers.get("accept-language", ""),
            desk.settings.organization.language,
        ),
        needs=session.needs if session else "",
        pending=session.actor if session and session.locked else None,
        session_id=session.id if session else "",
    )
    request.state.visitor = visitor
    return visitor


async def known_visitor(request: Request) -> tuple[Visitor, Actor]:
    """The visitor and who it is. Raises LoginNeeded."""
    visitor = await visitor_of(request)
    if visitor.actor is None:
        raise LoginNeeded
    return visitor, visitor.actor


async def unscoped_visitor(request: Request) -> tuple[Visitor, Actor]:
    """The same for pages about more than one mail: a letter's code does not reach them. Raises LoginNeeded."""
    visitor, actor = await known_visitor(request)
    if visitor.scope is None:
        return visitor, actor
    raise LoginNeeded


async def checked_form(request: Request, files: int = 0) -> FormData:
    """The form of a POST whose token is the visitor's own. files: so many may come with it. Raises Stale."""
    visitor = await visitor_of(request)
    form = await request.form(max_files=files, max_fields=desk_of(request).settings.form_fields)
    if not same_site(request.headers) or not is_form_token(visitor.secret, field(form, "form_token")):
        raise Stale
    return form


def field(form: FormData, name: str, limit: int = 4000) -> str:
    """A text field of a form, "" if it is not there; too long is refused. Raises HTTPException 400.

    Browsers send CR LF for what their `maxlength` counts as one character.
    """
    value = form.get(name, "")
    value = value.replace("\r\n", "\n") if isinstance(value, str) else value
    if not isinstance(value, str) or len(value) > limit:
        raise HTTPException(400)
    return value


def fields(form: FormData, name: str) -> list[str]:
    """All values of a field."""
    return [value for value in form.getlist(name) if isinstance(value, str)]


def speaker(desk: Desk, visitor: Visitor) -> Speaker:
    """How things are said to this visitor now."""
    return Speaker(
        visitor.language, visitor.say, desk.settings.organization.timezone, desk.now(), namer(desk.directory())
    )


#: Problems of the policy at the top of a page.
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Page:
    """What every page has around its own content."""

    desk: Desk
    visitor: Visitor
    here: str
    tabs: Sequence[Tab]
    done: str
    wrong: str
    path: str = ""

    @property
    def root(self) -> str:
        return self.desk.settings.root

    @property
    def language(self) -> Language:
        return self.visitor.language

    @property
    def other_language(self) -> Language:
        return "en" if self.visitor.language == "ja" else "ja"

    @property
    def actor(self) -> Actor | None:
        return self.visitor.actor

    @property
    def waits(self) -> int:
        """How many mails wait for the visitor's decision."""
        return next((tab.count for tab in self.tabs), 0)

    @property
    def needs(self) -> str:
        """What is wanting before the visitor has the rights of his role; "" on the pages about just that."""
        return "" if self.path.startswith(f"{self.root}/factor") or self.visitor.scope else self.visitor.needs

    @property
    def settled(self) -> bool:
        """Whether the visitor has a session of his own, not only one for the mail of a letter."""
        return self.visitor.actor is not None and self.visitor.scope is None

    @property
    def role_word(self) -> str:
        """The role where it is more than a sender's."""
        role = self.visitor.actor.role if self.visitor.actor else Role.SENDER
        return self.visitor.say(f"role.{role}") if role in SEES_ALL else ""

    @property
    def refused(self) -> Sequence[str]:
        """What is wrong with a policy that was not taken, for those who see all."""
        actor = self.visitor.actor
        shown = self.desk.refused()[:_SHOWN] if actor is not None and actor.role in SEES_ALL else ()
        return [in_language(one, self.language) for one in shown]

    @property
    def troubles(self) -> Sequence[str]:
        """Ways to people that fail now, for those who see all."""
        actor = self.visitor.actor
        return sentences(self.desk.troubles(), self.visitor.say) if actor and actor.role in SEES_ALL else ()

    @property
    def house(self) -> str:
        return self.desk.settings.organization.name

    def token(self) -> Markup:
        """The hidden field that every form carries."""
        return Markup('<input type="hidden" name="form_token" value="{}">').format(form_token(self.visitor.secret))

    def static(self, name: str) -> str:
        """Address of a static file, with its digest so that it may be kept for ever."""
        return static_address(self.root, name)


async def hand_over(
    request: Request, template: str, *, status: int = 200, done: str = "", wrong: str = "", **values: Any
) -> Response:
    """A page for this visitor."""
    desk, visitor = desk_of(request), await visitor_of(request)
    page = Page(desk, visitor, _here(request), await _tabs(request, desk, visitor), done, wrong, request.url.path)
    sheet = await desk.sheets.get(template)
    html = sheet.render(page=page, say=visitor.say, **values)
    response = HTMLResponse(html, status)
    response.headers["vary"] = "Cookie, Accept-Language"
    if visitor.new_browser:
        set_cookie(response, desk, browser_cookie(desk), visitor.browser, _YEAR)
    return response


def _here(request: Request) -> str:
    """The page's own path within the console, for the language switch; forms lead back to a page that can be read."""
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path.removeprefix(desk_of(request).settings.root) + query


async def _tabs(request: Request, desk: Desk, visitor: Visitor) -> Sequence[Tab]:
    if visitor.actor is None or visitor.scope is not None:
        return ()
    return await tabs_of(request, desk, visitor.actor)


def go(request: Request, path: str) -> RedirectResponse:
    """See another page of the console (after a POST; RFC 9110 section 15.4.4)."""
    return RedirectResponse(desk_of(request).settings.root + path, 303)


def look_again(request: Request, response: Response) -> None:
    """Let the browser load this page anew after a moment, with script or without.

    The page is named: a refresh that names none takes along what stands behind # in the address, and to go where one is
    already loads nothing (a navigation within the same document).
    """
    root = desk_of(request).settings.root
    response.headers["refresh"] = f"{_LOOK_AGAIN}; url={root}{request.url.path.removeprefix(root)}"


def own_path(text: str) -> str:
    """A path of the console that a form names as its way back; "/" for anything that could lead elsewhere."""
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and len(text) <= 500
    return text if plain and text.isascii() and text.isprintable() and "\\" not in text else "/"
