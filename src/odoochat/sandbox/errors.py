"""Sandbox errors, with Odoo's exception names, messages and codes."""

from __future__ import annotations

APPLICATION, WARNING, ACCESS_DENIED, ACCESS_ERROR = 1, 2, 3, 4

_KINDS: dict[str, tuple[str, int, int]] = {
    # kind: (the exception's name on the server, XML-RPC fault code, JSON-2 status)
    "denied": ("odoo.exceptions.AccessDenied", ACCESS_DENIED, 403),
    "access": ("odoo.exceptions.AccessError", ACCESS_ERROR, 403),
    "missing": ("odoo.exceptions.MissingError", WARNING, 404),
    "user": ("odoo.exceptions.UserError", WARNING, 422),
    "validation": ("odoo.exceptions.ValidationError", WARNING, 422),
    "model": ("builtins.KeyError", WARNING, 404),
    "database": ("psycopg2.OperationalError", APPLICATION, 404),
    "attribute": ("builtins.AttributeError", APPLICATION, 404),
    "argument": ("builtins.TypeError", APPLICATION, 422),
    "value": ("builtins.ValueError", APPLICATION, 500),
    "key": ("builtins.KeyError", APPLICATION, 500),
    "exception": ("builtins.Exception", APPLICATION, 500),
    "expired": ("odoo.http.SessionExpiredException", APPLICATION, 403),
    "identity": ("odoo.http.session.CheckIdentityException", APPLICATION, 403),
    "notfound": ("werkzeug.exceptions.NotFound", APPLICATION, 404),
}


class OdooError(Exception):
    """An error raised by Odoo; each protocol encodes it differently."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.name, self.fault, self.status = _KINDS[kind]

    def traceback(self) -> str:
        """Return the text that Odoo sends as a traceback; its last line contains the exception."""
        short = self.name.removeprefix("builtins.")
        return (
            'Traceback (most recent call last):\n  File "odoo/service/model.py", line 1, in execute_kw\n'
            f"{short}: {self.message}\n"
        )

    def fault_text(self) -> str:
        """Return the XML-RPC faultString: the plain message, or the full traceback for an application error."""
        return self.traceback() if self.fault == APPLICATION else self.message


def denied() -> OdooError:
    """Return the error for a wrong login, password or API key."""
    return OdooError("denied", "Access Denied")


def no_record(model: str, record_id: int, uid: int) -> OdooError:
    """Return the error for a record that does not exist."""
    return OdooError(
        "missing",
        f"Record does not exist or has been deleted.\n(Record: {model}({record_id},), User: {uid})",
    )


def no_right(document: str, model: str, operation: str, uid: int) -> OdooError:
    """Return the error for an operation denied by a record rule."""
    return OdooError(
        "access",
        "The requested operation cannot be completed due to security restrictions. Please contact your "
        f"system administrator.\n\n(Document type: {document} ({model}), Operation: {operation})\n\n"
        f"User: {uid}",
    )


def for_group(document: str, model: str, group: str, operation: str = "access") -> OdooError:
    """Return the error for a model restricted to a user group."""
    return OdooError(
        "access",
        f"You are not allowed to {operation} '{document}' ({model}) records.\n\nThis operation is allowed for the "
        f"following groups:\n\t- {group}\n\nContact your administrator to request access if necessary.",
    )


def no_database(name: str) -> OdooError:
    """Return the XML-RPC error for a database that does not exist."""
    return OdooError(
        "database",
        'connection to server at "localhost" (127.0.0.1), port 5432 failed: '
        f'FATAL:  database "{name}" does not exist\n',
    )


def duplicate(constraint: str, field: str, value: str) -> OdooError:
    """Return the error for a unique constraint violation."""
    return OdooError(
        "validation",
        f'The operation cannot be completed: duplicate key value violates unique constraint "{constraint}"\n'
        f"DETAIL:  Key ({field})=({value}) already exists.\n",
    )


class NoModel(OdooError):
    """The error of ``call_kw`` since Odoo 19 for an unknown model, which only its traceback names."""

    def __init__(self, model: str) -> None:
        super().__init__("notfound", not_found().message)
        self.model = model

    def traceback(self) -> str:
        """Return the traceback, which starts with the error that caused this one."""
        return (
            'Traceback (most recent call last):\n  File "odoo/addons/web/controllers/dataset.py", line 18, '
            "in _call_kw_readonly\n    model_class = request.registry[params['model']]\n"
            f"KeyError: '{self.model}'\n\n"
            "The above exception was the direct cause of the following exception:\n\n"
            f"{super().traceback()}"
        )


def not_found() -> OdooError:
    """Return the error for a 404 raised by a route, sent with HTTP status 200."""
    return OdooError(
        "notfound",
        "404 Not Found: The requested URL was not found on the server. If you entered the URL manually "
        "please check your spelling and try again.",
    )


def expired() -> OdooError:
    """Return the error for calling an auth=user route without a session."""
    return OdooError("expired", "Session expired")
