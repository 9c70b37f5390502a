"""One process of the web: the application over this installation's pools. The server imports it in each of its workers."""

import gc
import os
from functools import partial

from flask import Flask

from caretally.app.broker import broker_is_up
from caretally.app.create_app import LOOPBACK, create_app
from caretally.app.end_with_parent import end_without_server
from caretally.app.installation import Installation
from caretally.break_glass.statements import tell_statements
from caretally.db.engines import login_engine, operator_engine, practice_engine, session_engine, vendor_engine
from caretally.mail.post import post
from caretally.sign_in.people import find_visitor
from caretally.web.edge import Edge

HOSTNAMES = "CARETALLY_SERVE_HOSTNAMES"
THREADS = "CARETALLY_SERVE_THREADS"
DEMO = "CARETALLY_SERVE_DEMO"
OBJECTS_A_ROUND = 50_000
BEHIND_PROXY = "CARETALLY_SERVE_BEHIND_PROXY"


def application() -> Flask:
    """Return the application; a page waits for a connection of its own pool, so each pool has one for every thread."""
    end_without_server()
    here = Installation()
    threads = int(os.environ.get(THREADS, "8"))
    vendor = vendor_engine(here.url, roles=here.roles, secret=here.secret, pool_size=threads)
    practice = practice_engine(here.url, roles=here.roles, secret=here.secret, pool_size=threads)
    hostnames = [*LOOPBACK, *filter(None, os.environ.get(HOSTNAMES, "").split(","))]
    accounts = login_engine(here.url, "auth", roles=here.roles, secret=here.secret, pool_size=threads)
    post_mail = partial(post, address=here.settings.mail, home=here.settings.home)
    operator = operator_engine(here.url, roles=here.roles, secret=here.secret, pool_size=threads)
    scratch = here.settings.home / "tmp"
    broker = partial(broker_is_up, here.settings)
    sessions = session_engine(here.url, roles=here.roles, secret=here.secret, pool_size=threads)
    edge = Edge(
        vendor,
        practice,
        here.secret,
        find_visitor,
        accounts,
        post_mail,
        operator,
        sessions,
        tell_statements,
        scratch=scratch,
        broker_is_up=broker,
    )
    app = create_app(edge, hostnames=hostnames, demo=bool(os.environ.get(DEMO)), behind_proxy=bool(os.environ.get(BEHIND_PROXY)))
    spare_the_collector()
    return app


def spare_the_collector() -> None:
    """Keep what the application is made of out of the garbage collector's rounds, and let it begin one after the objects of a page and not within.

    A round over everything took longer than a page, and there was one every few pages.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_A_ROUND, 20, 100)
