"""The way to a service, whichever it is: HTTP as amzlink speaks it, and a look at what stands in the way."""
