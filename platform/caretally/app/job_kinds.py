"""Every kind of background work, as its capability declares it; a kind that is not here is not worked at."""

from caretally.app.import_kinds import IMPORT_KINDS
from caretally.app.sample.work import FILL_SAMPLE
from caretally.closing_runs.work import CLOSING_RUN
from caretally.forecast.work import FORECAST_MONTH
from caretally.imports.background import import_work
from caretally.invoices.made_files import MAKE_FILE
from caretally.jobs.check_audit_log import CHECK_AUDIT_LOG
from caretally.jobs.forget_ended import FORGET_ENDED
from caretally.jobs.kinds import kinds_of
from caretally.replay.work import REPLAY

KINDS = kinds_of((CHECK_AUDIT_LOG, FORGET_ENDED, FORECAST_MONTH, CLOSING_RUN, FILL_SAMPLE, REPLAY, MAKE_FILE, *import_work(IMPORT_KINDS)))
