"""Learn: make the model that scores trend anew from what the house saw, and keep it with its measured quality."""

from datetime import datetime, timedelta

from threadpoolctl import threadpool_limits

from digest.actions.report import Advance, LearnReport, stay_silent
from digest.domain.trend import TooLittle, Trend
from digest.store import models, papers
from digest.store.database import Database

KIND = "trend"
WINDOW = timedelta(days=365)
MOST = 60_000
"""Papers to learn from, the newest: half a minute and 1.3 GB."""
"""How far back the clock learns from: a year holds every season, and what is older has changed."""


def learn(
    database: Database, *, now: datetime, window: timedelta = WINDOW, advance: Advance = stay_silent
) -> LearnReport:
    """Learn from all papers announced in a window up to now; the model in use stays until the new one is kept.

    Returns
    -------
    LearnReport; `version` is 0 where the history is too short, and `skipped` then says what to do.
    """
    report = LearnReport(since=(now - window).date().isoformat(), until=now.date().isoformat())
    advance("reading the history", 0, 3)
    with database.reading() as connection:
        history = papers.history(connection, (now - window).date(), now)
    report.papers = len(history)
    report.voted_on = sum(seen.is_voted_on for seen in history)
    advance("learning", 1, 3)
    try:
        history = sorted(history, key=lambda one: one.began_on)[-MOST:]
        with threadpool_limits(1):  # More threads than one only wait for each other here.
            trend = Trend().fit(history, until=now)
    except TooLittle as error:
        report.skipped["too little history"] += 1
        report.advice = str(error)
        return report
    advance("keeping the model", 2, 3)
    if trend.window_:
        report.since, report.until = (day.isoformat() for day in trend.window_)
    report.quality = {name: round(float(value), 4) for name, value in trend.quality_.items()}
    facts = {"window": [report.since, report.until], "quality": report.quality}
    with database.writing() as connection:
        report.version = models.keep(
            connection, KIND, trend.to_arrays(), now=now, learnt_from=trend.learnt_from_, facts=facts
        )
    advance("keeping the model", 3, 3)
    return report
