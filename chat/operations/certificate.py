"""A renewed TLS certificate, taken while the server runs: old connections live on."""

import ssl

import structlog

log = structlog.get_logger(__name__)


def renew(context: ssl.SSLContext | None, certificate: str, key: str) -> None:
    """Read certificate and key anew; a pair that does not fit leaves the old one in use.

    It is tried in a context of its own first: half of a pair would end every handshake to come.
    Without TLS there is nothing to renew.
    """
    if context is None:
        log.info("no_certificate_to_renew")
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key or None)
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        log.error("certificate_not_renewed", cause=type(error).__name__)
    else:
        log.info("certificate_renewed")
