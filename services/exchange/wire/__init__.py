"""The bytes of X-Road: envelopes, header fields, faults, schemas; SOAP and REST."""
