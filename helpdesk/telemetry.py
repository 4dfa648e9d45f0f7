"""Errors to Sentry and traces by OpenTelemetry: each by its own SDK, an optional extra, once its address is set.

Neither is given a path, query, cookie, body or variable: addresses hold one-time tokens, the rest what people wrote.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from helpdesk import config

if TYPE_CHECKING:
    from flask import Flask

# What a span may tell, in the earlier and the present words of OpenTelemetry's conventions.
SPAN_ATTRIBUTES = frozenset(
    {
        "http.method",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "http.status_code",
        "helpdesk.thread",
    }
)
EXPORT_SECONDS = 5.0  # that an exporter waits for its server

_tracer: Any = None


def start(app: "Flask", configuration: config.Config, clean: Callable[[str], str]) -> None:
    """Start what is configured. ``clean`` removes secrets from a text. Raises config.UnsafeConfiguration."""
    if configuration.SENTRY_DSN:
        _start_sentry(configuration.SENTRY_DSN, clean)
    if configuration.OTEL_EXPORTER_OTLP_ENDPOINT:
        _start_opentelemetry(app, configuration.OTEL_EXPORTER_OTLP_ENDPOINT)


@contextmanager
def span(name: str, thread: str) -> Iterator[None]:
    """Trace the block under ``name``, if traces are on."""
    if _tracer is None:
        yield
        return
    with _tracer.start_as_current_span(name, attributes={"helpdesk.thread": thread}):
        yield


def _start_sentry(dsn: str, clean: Callable[[str], str]) -> None:
    try:
        import sentry_sdk
        from sentry_sdk.utils import BadDsn
    except ImportError:
        raise config.UnsafeConfiguration("SENTRY_DSN needs the extra sentry: see Operate, Errors and traces.") from None

    def before_send(event: Any, _hint: Any) -> Any:
        for name in ("request", "user", "breadcrumbs", "extra"):
            event.pop(name, None)
        return clean_texts(event, clean)

    try:
        sentry_sdk.init(
            dsn,
            release=f"helpdesk@{version('helpdesk')}",
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            before_send=before_send,
        )
    except BadDsn:
        raise config.UnsafeConfiguration("SENTRY_DSN is https://key@host/number, as Sentry shows it.") from None


def clean_texts(value: Any, clean: Callable[[str], str]) -> Any:
    """Return ``value``, of dictionaries, lists and texts, with each text cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: clean_texts(each, clean) for name, each in value.items()}
    return [clean_texts(each, clean) for each in value] if isinstance(value, list | tuple) else value


def _start_opentelemetry(app: "Flask", endpoint: str) -> None:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.flask import FlaskInstrumentor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise config.UnsafeConfiguration(
            "OTEL_EXPORTER_OTLP_ENDPOINT needs the extra opentelemetry: see Operate, Errors and traces."
        ) from None
    global _tracer
    resource = Resource.create({"service.name": "helpdesk", "service.version": version("helpdesk")})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces", timeout=EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(_make_cleaning_exporter(exporter)))
    FlaskInstrumentor().instrument_app(
        app, tracer_provider=provider, excluded_urls="healthz,readyz,metrics,static", enable_commenter=False
    )
    _tracer = provider.get_tracer("helpdesk")


def _make_cleaning_exporter(exporter: Any) -> Any:
    """Return ``exporter`` in a wrapper that passes on the attributes of SPAN_ATTRIBUTES and no event."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace.status import Status

    class CleaningExporter(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> Any:
            return exporter.export([self.clean(each) for each in spans])

        def clean(self, span: ReadableSpan) -> ReadableSpan:
            attributes = {name: value for name, value in (span.attributes or {}).items() if name in SPAN_ATTRIBUTES}
            route, method = (
                attributes.get("http.route"),
                attributes.get("http.request.method") or attributes.get("http.method"),
            )
            return ReadableSpan(
                name=f"{method} {route or 'no route'}" if method else span.name,
                context=span.context,
                parent=span.parent,
                resource=span.resource,
                attributes=attributes,
                kind=span.kind,
                status=Status(span.status.status_code),
                start_time=span.start_time,
                end_time=span.end_time,
                instrumentation_scope=span.instrumentation_scope,
            )

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30000) -> bool:
            return exporter.force_flush(timeout_millis)

    return CleaningExporter()
