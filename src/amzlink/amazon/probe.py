"""What Amazon's hosts are asked to see whether they answer themselves: questions that need no token and no app."""

from typing import Final

from amzlink.wire.way import Ask

# A 403 that says "Access token is missing" (facts 9.2, row 13); no quota is touched.
SPAPI: Final = Ask("GET", "/sellers/v1/marketplaceParticipations")
# A 400 for a parameter that is missing (rows 9 and 10).
LWA: Final = Ask("POST", "/auth/o2/token", "grant_type=")
