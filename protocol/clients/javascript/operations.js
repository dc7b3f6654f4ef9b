// Made by generate.py from protocol/operations.py and protocol/messages.py; change it there.
//
// Each operation: its place over HTTP (none if only a socket can do it), and whether a socket may.

export const SUBPROTOCOL = "samtale.v1";

export const OPERATIONS = Object.freeze({
  "account.register": {"method": "POST", "path": "/api/v1/accounts", "socket": false},
  "account.confirm": {"method": "POST", "path": "/api/v1/accounts/confirm", "socket": false},
  "account.get": {"method": "GET", "path": "/api/v1/account", "socket": true},
  "account.update": {"method": "PATCH", "path": "/api/v1/account", "socket": false},
  "email.change": {"method": "POST", "path": "/api/v1/account/email", "socket": false},
  "password.change": {"method": "POST", "path": "/api/v1/account/password", "socket": false},
  "password.forgot": {"method": "POST", "path": "/api/v1/password-resets", "socket": false},
  "password.reset": {"method": "POST", "path": "/api/v1/password-resets/confirm", "socket": false},
  "consent.show": {"method": "POST", "path": "/api/v1/consents/show", "socket": false},
  "consent.give": {"method": "POST", "path": "/api/v1/consents/give", "socket": false},
  "consent.withdraw": {"method": "POST", "path": "/api/v1/consents/withdraw", "socket": false},
  "session.create": {"method": "POST", "path": "/api/v1/sessions", "socket": false},
  "session.list": {"method": "GET", "path": "/api/v1/sessions", "socket": false},
  "session.end": {"method": "DELETE", "path": "/api/v1/sessions/current", "socket": false},
  "session.end_one": {"method": "DELETE", "path": "/api/v1/sessions/{session}", "socket": false},
  "session.end_all": {"method": "DELETE", "path": "/api/v1/sessions", "socket": false},
  "socket_ticket.create": {"method": "POST", "path": "/api/v1/socket-tickets", "socket": false},
  "municipality.list": {"method": "GET", "path": "/api/v1/municipalities", "socket": false},
  "interest.list": {"method": "GET", "path": "/api/v1/interests", "socket": false},
  "bubble.post": {"method": "POST", "path": "/api/v1/bubbles", "socket": false},
  "bubble.list": {"method": "GET", "path": "/api/v1/bubbles", "socket": false},
  "bubble.count": {"method": "GET", "path": "/api/v1/bubbles/count", "socket": false},
  "bubble.get": {"method": "GET", "path": "/api/v1/bubbles/{bubble}", "socket": false},
  "bubble.edit": {"method": "PATCH", "path": "/api/v1/bubbles/{bubble}", "socket": false},
  "bubble.close": {"method": "POST", "path": "/api/v1/bubbles/{bubble}/close", "socket": false},
  "bubble.reply": {"method": "POST", "path": "/api/v1/bubbles/{bubble}/replies", "socket": true},
  "conversation.list": {"method": "GET", "path": "/api/v1/conversations", "socket": true},
  "conversation.get": {"method": "GET", "path": "/api/v1/conversations/{conversation}", "socket": true},
  "history.fetch": {"method": "GET", "path": "/api/v1/conversations/{conversation}/entries", "socket": true},
  "message.send": {"method": "POST", "path": "/api/v1/conversations/{conversation}/messages", "socket": true},
  "conversation.read": {"method": "POST", "path": "/api/v1/conversations/{conversation}/read", "socket": true},
  "typing.start": {"method": "", "path": "", "socket": true},
  "block.create": {"method": "POST", "path": "/api/v1/blocks", "socket": false},
  "block.list": {"method": "GET", "path": "/api/v1/blocks", "socket": false},
  "block.lift": {"method": "DELETE", "path": "/api/v1/blocks/{block}", "socket": false},
  "session.authenticate": {"method": "", "path": "", "socket": true},
  "session.resume": {"method": "", "path": "", "socket": true},
});

export const EVENT_CLASSES = Object.freeze({
  "hello": "connection",
  "server.draining": "connection",
  "server.busy": "connection",
  "message.created": "entry",
  "origin.closed": "entry",
  "position.moved": "position",
  "account.changed": "account",
  "blocks.changed": "account",
  "typing.started": "ephemeral",
});
