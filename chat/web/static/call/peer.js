// The way for picture and sound to one other person: perfect negotiation over whatever signals.
// (W3C WebRTC, "Perfect negotiation example").
//
// The one who is not polite makes the places for sound and picture, and offers first. A change of
// what one sends only replaces a track, so nothing is negotiated anew.

const BATCH_MS = 60; // candidates that come within this go together
const BATCH = 20;

export class Peer {
  #connection;
  #polite;
  #signal;
  #offering = false;
  #ignoring = false;
  #settingAnswer = false;
  #candidates = [];
  #batching = null;
  #sent = { audio: null, video: null };
  #work = Promise.resolve(); // signals are taken in the order in which they came

  /** The other's stream: what comes of it, comes to this one. */
  stream = new MediaStream();

  /**
   * `ice` as the server gives it. `signal({ description, candidates })` hands on what the other has to
   * know, `heard(what, value)` hears "state" (connecting, connected, disconnected, failed, closed)
   * and "tracks".
   */
  constructor({ ice, polite, signal, heard }) {
    this.#polite = polite;
    this.#signal = signal;
    this.#connection = new RTCPeerConnection(configurationOf(ice));
    const connection = this.#connection;
    connection.onnegotiationneeded = () => this.#offer();
    connection.onicecandidate = ({ candidate }) => this.#found(candidate);
    connection.onconnectionstatechange = () => heard("state", connection.connectionState);
    connection.ontrack = ({ track }) => {
      this.stream.addTrack(track);
      heard("tracks", this.stream);
    };
    if (polite) return;
    for (const kind of ["audio", "video"]) connection.addTransceiver(kind, { direction: "sendrecv" });
  }

  get state() {
    return this.#connection.connectionState;
  }

  /** Sends these tracks from now on; null for nothing of a kind. */
  async send({ audio = null, video = null }) {
    this.#sent = { audio, video };
    await this.#attach();
  }

  /** Takes what the other has signalled. */
  take({ description, candidates = [] }) {
    this.#work = this.#work.then(async () => {
      if (description) await this.#describe(description);
      for (const one of candidates) await this.#add(one);
    });
    this.#work = this.#work.catch((error) => {
      if (this.state !== "closed") console.warn("signal not taken", error.name);
    });
    return this.#work;
  }

  /** Looks for another way, with fresh credentials. */
  restart(ice) {
    if (this.state === "closed") return;
    this.#connection.setConfiguration(configurationOf(ice));
    this.#connection.restartIce();
    this.again();
  }

  /** Says once more what may not have come through. */
  again() {
    if (this.#connection.signalingState === "have-local-offer")
      this.#signal({ description: plain(this.#connection.localDescription) });
  }

  stats() {
    return this.#connection.getStats();
  }

  close() {
    clearTimeout(this.#batching);
    this.#connection.onconnectionstatechange = null;
    this.#connection.close();
  }

  // --- inside

  async #offer() {
    try {
      this.#offering = true;
      await this.#connection.setLocalDescription();
      this.#signal({ description: plain(this.#connection.localDescription) });
    } catch (error) {
      if (this.state !== "closed") console.warn("no offer made", error.name);
    } finally {
      this.#offering = false;
    }
  }

  async #describe(description) {
    const connection = this.#connection;
    const isStable =
      connection.signalingState === "stable" ||
      (connection.signalingState === "have-local-offer" && this.#settingAnswer);
    const collides = description.type === "offer" && (this.#offering || !isStable);
    this.#ignoring = !this.#polite && collides;
    if (this.#ignoring) return;
    if (description.type === "answer" && connection.signalingState !== "have-local-offer") return;
    this.#settingAnswer = description.type === "answer";
    await connection.setRemoteDescription(description);
    this.#settingAnswer = false;
    if (description.type !== "offer") return;
    for (const one of connection.getTransceivers()) one.direction = "sendrecv";
    await this.#attach();
    await connection.setLocalDescription();
    this.#signal({ description: plain(connection.localDescription) });
  }

  async #add({ candidate, mid, line }) {
    try {
      await this.#connection.addIceCandidate(
        candidate ? { candidate, sdpMid: mid ?? null, sdpMLineIndex: line ?? null } : undefined,
      );
    } catch (error) {
      if (!this.#ignoring) throw error;
    }
  }

  async #attach() {
    for (const one of this.#connection.getTransceivers()) {
      const track = this.#sent[one.receiver.track.kind];
      if (one.sender.track !== track) await one.sender.replaceTrack(track);
    }
  }

  #found(candidate) {
    if (candidate) {
      const { candidate: text, sdpMid: mid, sdpMLineIndex: line } = candidate;
      this.#candidates.push({ candidate: text, mid, line });
    }
    if (!candidate || this.#candidates.length >= BATCH) this.#hand();
    else this.#batching ??= setTimeout(() => this.#hand(), BATCH_MS);
  }

  #hand() {
    clearTimeout(this.#batching);
    this.#batching = null;
    const candidates = this.#candidates.splice(0, BATCH);
    if (candidates.length) this.#signal({ candidates });
  }
}

function configurationOf({ mode, servers }) {
  return {
    iceServers: servers,
    iceTransportPolicy: mode === "relay" ? "relay" : "all",
    bundlePolicy: "max-bundle",
  };
}

const plain = ({ type, sdp }) => ({ type, sdp });
