"""The errors of the vendor's API: their status, their code, and the sentence that goes with it."""

from __future__ import annotations

from typing import Final

from livechat_sdk_simulators.calls import VendorError

__all__ = ["EDGE_PAGE", "refusal", "usual"]

EDGE_PAGE: Final = (
    "<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
    "<center><h1>{status} {title}</h1></center>\r\n</body>\r\n</html>\r\n"
)
"""What the edge answers in place of the API."""

_KNOWN: Final[dict[str, tuple[int, str]]] = {
    "bad.request": (400, "The request could not be understood by the server due to malformed syntax."),
    "not.a.client": (
        400,
        "This request requires a non-user context. User token cannot be used for requests to this resource.",
    ),
    "invalid.date": (
        400,
        "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ",
    ),
    "missing.open.channel.date": (400, "Missing open channel date."),
    "invalid.value": (400, "Value [%s] is not valid for field type [%s]. Allowable values are: %s"),
    "invalid.property": (400, "Value [%s] is not a valid property for object [%s]"),
    "invalid.query.param.value": (
        400,
        "Value [%s] is not valid for parameter [%s]. Allowable values are: %s",
    ),
    "constraint.validation": (400, "%s"),
    "missing.required.field.value": (400, "A required field was not provided or is blank."),
    "communication.state.required": (400, "Can only update a communication's state to disconnected."),
    "conversation.participant.update.invalid": (
        400,
        "Failed to update all properties on conversation participant.",
    ),
    "conversation.error.participant.no.active.conversations": (
        400,
        "Participant has no active conversations",
    ),
    "resource.not.found": (400, "A specified skill or language does not exist."),
    "notification.invalid.topic": (400, "The subscription topic is not valid."),
    "notification.subscription.too.many.subscriptions": (400, "Too many subscriptions"),
    "notification.webhook.signature.secret.token.longer.than.15.characters": (
        400,
        "The notification webhook signature secret token must be longer than 15 characters.",
    ),
    "invalid.outbound.webhook.url": (400, "The outboundNotificationWebhookUrl provided is not a valid url."),
    "invalid.threading.window.timeout": (
        400,
        "The provided conversation threading window timeout for a messaging type is invalid",
    ),
    "authentication.required": (401, "No authentication bearer token specified in authorization header."),
    "bad.credentials": (401, "Invalid login credentials."),
    "not.authorized": (403, "You are not authorized to perform the requested action."),
    "missing.permissions": (
        403,
        "Unable to perform the requested action. You are missing the following permission(s): %s",
    ),
    "missing.any.permissions": (
        403,
        "Unable to perform the requested action. You must have at least one of the following: %s",
    ),
    "notification.unauthorized.topic": (403, "Not authorized for this topic."),
    "not.found": (404, "The requested resource was not found."),
    "conversation.error.conversation.not.found": (404, "The conversation does not exist."),
    "general.resource.not.found": (404, "The specified resource was not found."),
    "method.not.allowed": (405, "The method is not allowed."),
    "client.timeout": (408, "The client did not produce a request within the server timeout limit."),
    "request.conflict": (409, "The request conflicts with the current state of the target resource."),
    "request.entity.too.large": (413, "The request is over the size limit. Maximum bytes: %s"),
    "unsupported.media.type": (
        415,
        "Unsupported Media Type - Unsupported or incorrect media type.",
    ),
    "too.many.requests.retry.after": (
        429,
        "Rate limit exceeded the maximum. Retry the request in [%s] seconds",
    ),
    "too.many.requests": (429, "Rate limit exceeded the maximum [%s] requests within [%s] seconds"),
    "internal.server.error": (
        500,
        "The server encountered an unexpected condition which prevented it from fulfilling the request.",
    ),
    "bad.gateway": (502, "Bad Gateway"),
    "service.unavailable": (
        503,
        "Service Unavailable - The server is currently unavailable.",
    ),
    "request.timeout": (504, "The request timed out."),
}
_USUAL: Final = {
    400: "bad.request",
    401: "bad.credentials",
    403: "not.authorized",
    404: "not.found",
    405: "method.not.allowed",
    408: "client.timeout",
    409: "request.conflict",
    413: "request.entity.too.large",
    415: "unsupported.media.type",
    429: "too.many.requests",
    502: "bad.gateway",
    503: "service.unavailable",
    504: "request.timeout",
}
_VALUES: Final = {413: ("3000000",), 429: ("300", "60")}


def refusal(code: str, *values: object) -> VendorError:
    """The error with this code; ``values`` stand in its sentence."""
    status, sentence = _KNOWN[code]
    return VendorError(status, code, sentence % values if values else sentence)


def usual(status: int) -> VendorError:
    """The error that a status stands for, where nothing more is known."""
    code = _USUAL.get(status)
    if code is None:
        return VendorError(status, "internal.server.error", _KNOWN["internal.server.error"][1])
    return refusal(code, *_VALUES.get(status, ()))
