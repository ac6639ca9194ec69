"""TLS as the ``tls-*`` directives ask for it: what we show to clients, and what we ask of servers.

As in a real Sentinel a certificate is checked against the authorities that are configured, and the
name in it is not looked at: Sentinels know each other by address.

Differs: what Python's ssl cannot set is said in the log and left at the library's default
(``tls-ciphersuites`` before Python 3.15, the size and the timeout of the session cache). Whoever is
turned away during the handshake sees the connection end, without the alert that would say why.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from minisentinel.config.server import ServerSettings

__all__ = ["CannotSecure", "Tls", "explain", "is_wanted", "make_tls"]

_VERSIONS = {
    "tlsv1": (ssl.TLSVersion.TLSv1, "OP_NO_TLSv1"),
    "tlsv1.1": (ssl.TLSVersion.TLSv1_1, "OP_NO_TLSv1_1"),
    "tlsv1.2": (ssl.TLSVersion.TLSv1_2, "OP_NO_TLSv1_2"),
    "tlsv1.3": (ssl.TLSVersion.TLSv1_3, "OP_NO_TLSv1_3"),
}
"""The names in ``tls-protocols``, oldest first."""

_DEFAULT_PROTOCOLS = "TLSv1.2 TLSv1.3"

_DEMANDS = {"yes": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL, "no": ssl.CERT_NONE}
"""What a client has to show, by ``tls-auth-clients``."""


class CannotSecure(Exception):
    """The directives, or the files that they name, do not make a working TLS; the text says why."""


@dataclass(frozen=True, slots=True)
class Tls:
    """The two sides of TLS; `notes` tell what was asked for and cannot be had."""

    accepting: ssl.SSLContext
    connecting: ssl.SSLContext
    notes: tuple[str, ...] = ()


def is_wanted(settings: ServerSettings) -> bool:
    """Whether anything is to be encrypted; otherwise the certificates are not even looked at."""
    return bool(settings.tls_port or settings.tls_replication or _says_yes(settings, "cluster"))


def make_tls(settings: ServerSettings) -> Tls:
    """Read the certificates and build both sides. Raises `CannotSecure`."""
    tls = settings.tls
    for name in ("cert-file", "key-file"):
        if not tls.get(name):
            raise CannotSecure(f"No tls-{name} configured!")
    shows_only = not settings.tls_replication and not _says_yes(settings, "cluster")
    has_authorities = tls.get("ca-cert-file") or tls.get("ca-cert-dir")
    if not has_authorities and not (shows_only and settings.tls_auth_clients == "no"):
        raise CannotSecure(
            "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, "
            "tls-replication or tls-auth-clients are enabled!"
        )
    accepting = _context(ssl.PROTOCOL_TLS_SERVER, tls, "")
    accepting.verify_mode = _DEMANDS[settings.tls_auth_clients]
    if not _says_yes(settings, "prefer-server-ciphers"):
        accepting.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if tls.get("session-caching", "yes").lower() == "no":
        accepting.options |= ssl.OP_NO_TICKET
        accepting.num_tickets = 0
    if tls.get("dh-params-file"):
        _load_dh_params(accepting, tls["dh-params-file"])
    # One certificate serves both sides unless there is another for ours.
    connecting = _context(ssl.PROTOCOL_TLS_CLIENT, tls, "client-" if _has_own(tls) else "")
    return Tls(accepting, connecting, tuple(_notes(tls)))


def _says_yes(settings: ServerSettings, name: str) -> bool:
    return settings.tls.get(name, "no").lower() == "yes"


def _has_own(tls: Mapping[str, str]) -> bool:
    return bool(tls.get("client-cert-file") and tls.get("client-key-file"))


def _context(protocol: int, tls: Mapping[str, str], side: str) -> ssl.SSLContext:
    """One side, with the certificate whose directives begin with `side`."""
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    _limit_versions(context, tls.get("protocols") or _DEFAULT_PROTOCOLS)
    _load_certificate(
        context,
        tls[f"{side}cert-file"],
        tls[f"{side}key-file"],
        tls.get(f"{side}key-file-pass", ""),
    )
    file, directory = tls.get("ca-cert-file"), tls.get("ca-cert-dir")
    if file or directory:
        with _refusing("Failed to configure CA certificate(s) file/directory"):
            context.load_verify_locations(file or None, directory or None)
    if tls.get("ciphers"):
        try:
            context.set_ciphers(tls["ciphers"])
        except ssl.SSLError:
            raise CannotSecure(f"Failed to configure ciphers: {tls['ciphers']}") from None
    set_suites = getattr(context, "set_ciphersuites", None)
    if tls.get("ciphersuites") and set_suites is not None:
        try:
            set_suites(tls["ciphersuites"])
        except ssl.SSLError:
            raise CannotSecure(f"Failed to configure ciphersuites: {tls['ciphersuites']}") from None
    return context


def _limit_versions(context: ssl.SSLContext, names: str) -> None:
    wanted = {name.lower() for name in names.split()}
    if not wanted or not wanted <= set(_VERSIONS):
        raise CannotSecure(
            "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' "
            "and 'TLSv1.3'."
        )
    chosen = [version for name, (version, _) in _VERSIONS.items() if name in wanted]
    with warnings.catch_warnings():
        # Python advises against the old ones, and against naming those in between; a person did.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = chosen[0], chosen[-1]
        for name, (version, switch) in _VERSIONS.items():
            if chosen[0] < version < chosen[-1] and name not in wanted:
                context.options |= getattr(ssl, switch)


def _load_certificate(context: ssl.SSLContext, certificate: str, key: str, password: str) -> None:
    """Take a certificate and its key. A password is always given: the library would ask for it."""
    with _refusing(f"Failed to load certificate: {certificate}"):
        with open(certificate, "rb"):
            pass
        # Loading both at once does not say which of them is no good.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(certificate)
    with _refusing(f"Failed to load private key: {key}"):
        context.load_cert_chain(certificate, key, password)


def _load_dh_params(context: ssl.SSLContext, path: str) -> None:
    try:
        context.load_dh_params(path)
    except (OSError, ValueError) as error:
        raise CannotSecure(f"Failed to load {path}: {explain(error)}") from None


@contextmanager
def _refusing(complaint: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # ssl's errors are of both kinds.
        raise CannotSecure(f"{complaint}: {explain(error)}") from None


def explain(error: Exception) -> str:
    """What went wrong, in the library's own words without those for its developers."""
    if isinstance(error, ssl.SSLError):
        if error.reason:
            return error.reason.lower().replace("_", " ")
        return str(error.args[-1]).partition(" (_ssl.c")[0].removeprefix("[SSL] ")
    return getattr(error, "strerror", None) or str(error)


def _notes(tls: Mapping[str, str]) -> Iterator[str]:
    if tls.get("ciphersuites") and not hasattr(ssl.SSLContext, "set_ciphersuites"):
        yield (
            "tls-ciphersuites has no effect: it takes Python 3.15 to choose those of TLS 1.3. "
            "tls-protocols and tls-ciphers do count."
        )
    for name in ("session-cache-size", "session-cache-timeout"):
        if name in tls:
            yield f"tls-{name} has no effect here."
