"""Operations of accounts, sessions and consent."""

from msgspec import Struct

from protocol import requests as ask
from protocol import resources as res
from protocol.operation import Access, Operation


class Sessions(Struct, frozen=True):
    """Where the account is logged in, the latest used first."""

    sessions: list[res.SessionSummary]


class SocketTicket(Struct, frozen=True):
    """Good for one socket within 30 seconds, as the token of `session.authenticate`."""

    ticket: str


ROWS = (
    Operation(
        "account.register",
        "Ask for an account; a link to confirm it goes to the address.",
        ask.RegisterAccount,
        res.Empty,
        Access.PUBLIC,
        "POST",
        "/api/v1/accounts",
        status=202,
    ),
    Operation(
        "account.confirm",
        "Confirm an address by the link in the mail (a new account's, or a changed address).",
        ask.UseToken,
        res.Empty,
        Access.PUBLIC,
        "POST",
        "/api/v1/accounts/confirm",
    ),
    Operation(
        "account.get",
        "One's own account.",
        ask.Nothing,
        res.Account,
        Access.ACCOUNT,
        "GET",
        "/api/v1/account",
        socket=True,
        guests=True,
    ),
    Operation(
        "account.update",
        "Change alias, municipality or language.",
        ask.UpdateAccount,
        res.Account,
        Access.ACCOUNT,
        "PATCH",
        "/api/v1/account",
    ),
    Operation(
        "email.change",
        "Ask for another address; a link goes there, a notice to the old one.",
        ask.ChangeEmail,
        res.Empty,
        Access.ACCOUNT,
        "POST",
        "/api/v1/account/email",
        status=202,
    ),
    Operation(
        "password.change",
        "Change the password; every other session ends.",
        ask.ChangePassword,
        res.Empty,
        Access.ACCOUNT,
        "POST",
        "/api/v1/account/password",
    ),
    Operation(
        "password.forgot",
        "Ask for a link to choose a new password.",
        ask.ForgotPassword,
        res.Empty,
        Access.PUBLIC,
        "POST",
        "/api/v1/password-resets",
        status=202,
    ),
    Operation(
        "password.reset",
        "Choose a new password by the link; every session ends.",
        ask.ResetPassword,
        res.Empty,
        Access.PUBLIC,
        "POST",
        "/api/v1/password-resets/confirm",
    ),
    Operation(
        "consent.show",
        "What a parent is asked, by the link in the mail.",
        ask.UseToken,
        res.Consent,
        Access.PUBLIC,
        "POST",
        "/api/v1/consents/show",
    ),
    Operation(
        "consent.give",
        "A parent consents.",
        ask.UseToken,
        res.Consent,
        Access.PUBLIC,
        "POST",
        "/api/v1/consents/give",
    ),
    Operation(
        "consent.withdraw",
        "A parent withdraws consent; sending stops at once.",
        ask.UseToken,
        res.Consent,
        Access.PUBLIC,
        "POST",
        "/api/v1/consents/withdraw",
    ),
    Operation(
        "session.create",
        "Log in.",
        ask.LogIn,
        res.Session,
        Access.PUBLIC,
        "POST",
        "/api/v1/sessions",
        status=201,
    ),
    Operation(
        "session.list",
        "Where one is logged in.",
        ask.Nothing,
        Sessions,
        Access.ACCOUNT,
        "GET",
        "/api/v1/sessions",
    ),
    Operation(
        "session.end",
        "Log out here.",
        ask.Nothing,
        res.Empty,
        Access.ACCOUNT,
        "DELETE",
        "/api/v1/sessions/current",
    ),
    Operation(
        "session.end_one",
        "Log one device out.",
        ask.EndSession,
        res.Empty,
        Access.ACCOUNT,
        "DELETE",
        "/api/v1/sessions/{session}",
    ),
    Operation(
        "session.end_all",
        "Log out everywhere.",
        ask.Nothing,
        res.Empty,
        Access.ACCOUNT,
        "DELETE",
        "/api/v1/sessions",
    ),
    Operation(
        "socket_ticket.create",
        "A ticket for a socket, where neither cookie nor header can be sent.",
        ask.Nothing,
        SocketTicket,
        Access.ACCOUNT,
        "POST",
        "/api/v1/socket-tickets",
        status=201,
    ),
)
