"""What every request passes before the page answers it."""

from lusscore.web.guards.access_token import AccessToken
from lusscore.web.guards.body import read_text, timed_chunks
from lusscore.web.guards.headers import PAGE_POLICY, REPORT_POLICY, SecurityHeaders
from lusscore.web.guards.host_check import HostCheck, allowed_hosts
from lusscore.web.guards.origin_check import OriginCheck
from lusscore.web.guards.post_token import PostToken
from lusscore.web.guards.refusal import Refusal
from lusscore.web.guards.sentences import Sentences
from lusscore.web.guards.unread_body import UnreadBody

__all__ = [
    "PAGE_POLICY",
    "REPORT_POLICY",
    "AccessToken",
    "HostCheck",
    "OriginCheck",
    "PostToken",
    "Refusal",
    "SecurityHeaders",
    "Sentences",
    "UnreadBody",
    "allowed_hosts",
    "read_text",
    "timed_chunks",
]
