// What a server, or the way to it, says no with.

export class SamtaleError extends Error {
  /**
   * `code` is a row of the published table (protocol/errors.py), or `disconnected` when the answer
   * never came. `then` tells what to do next: correct, retry, log_in, resync or stop. `field` names
   * the input at fault. `message` is for people, in their language.
   */
  constructor({
    code,
    message = "",
    then = "stop",
    retryAfterMs = null,
    field = null,
    status = null,
  }) {
    super(message || code);
    this.name = "SamtaleError";
    this.code = code;
    this.then = then;
    this.retryAfterMs = retryAfterMs;
    this.field = field;
    this.status = status;
  }

  /** Reads the ErrorBody of a reply frame or an HTTP answer. */
  static fromWire(body, status = null) {
    return new SamtaleError({
      code: body.code,
      message: body.message,
      then: body.then,
      retryAfterMs: body.retry_after_ms ?? null,
      field: body.field ?? null,
      status,
    });
  }

  /** No answer: it is unknown whether it was done, and safe to ask again with the same client_id. */
  static disconnected() {
    return new SamtaleError({ code: "disconnected", then: "retry" });
  }
}
