"""The door itself: one application from one service. It has no cookies, no scripts, and no page of its own."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from digest.links import BadLink
from digest.resources import resource_dir
from digest.service import Service
from digest.web import admin, feedback, pages, preferences, reader, returns, trend, vitals
from digest.web.guards import BodyLimit, SecurityHeaders, TryLimit

SIGN_UPS = "20 per 10 minutes"
SAMPLES = "60 per 10 minutes"
FAILED_LOGINS = "10 per 5 minutes"


def create_app(service: Service) -> FastAPI:
    """Make the application that serves readers and the administrator from `service`."""
    app = FastAPI(
        title=service.settings.list_name, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.state.service = service
    app.state.sign_ups, app.state.failed_logins = TryLimit(SIGN_UPS), TryLimit(FAILED_LOGINS)
    app.state.samples = TryLimit(SAMPLES)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(HTTPException, pages.refused_page)
    app.add_exception_handler(BadLink, pages.bad_link_page)
    app.add_exception_handler(RequestValidationError, pages.unreadable_page)
    app.add_exception_handler(Exception, pages.broken_page)
    app.include_router(reader.router)
    app.include_router(preferences.router)
    app.include_router(feedback.router)
    app.include_router(trend.router)
    app.include_router(admin.router)
    app.include_router(vitals.router)
    app.include_router(returns.router)
    app.add_api_route("/static/site.css", pages.style_sheet, methods=["GET", "HEAD"])
    app.mount("/static", StaticFiles(directory=resource_dir("static")), name="static")
    return app
