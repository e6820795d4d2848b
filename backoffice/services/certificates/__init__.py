"""Certificates: who gets one, issuing, making the papers, ending, reading (docs/certificates.md)."""
