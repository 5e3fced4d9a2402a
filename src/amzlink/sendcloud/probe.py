"""What Sendcloud's host is asked to see whether it answers itself: a question that needs no keys."""

from typing import Final

from amzlink.http.connection import Ask

# A 401 with the code `authentication_failed` (docs/services/sendcloud.md, "Keys, tokens and the OAuth2 switch").
PANEL: Final = Ask("GET", "/api/v3/user/auth/metadata")
