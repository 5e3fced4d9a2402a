"""What Amazon's hosts are asked to see whether they answer themselves: questions that need no token and no app."""

from typing import Final

from amzlink.http.connection import Ask

# A 403 that says "Access token is missing" (docs/services/amazon.md, "When the token or the region is refused"); no
# quota is touched.
SPAPI: Final = Ask("GET", "/sellers/v1/marketplaceParticipations")
# A 400 for a parameter that is missing (docs/services/amazon.md, "When Login with Amazon refuses").
LWA: Final = Ask("POST", "/auth/o2/token", "grant_type=")
