// The camera and the microphone of this device.

/** Why there is no picture or sound: the words are `call.problem.…`. */
const PROBLEMS = {
  NotAllowedError: "denied",
  NotFoundError: "missing",
  NotReadableError: "busy",
  OverconstrainedError: "missing",
};

const WANTED = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" },
};

export class Devices {
  #tracks = { audio: null, video: null };
  #chosen = { audio: null, video: null };

  /** Why a kind could not be had: denied, missing, busy or failed; null if it could. */
  problems = { audio: null, video: null };
  isMuted = false;

  get audio() {
    return this.#tracks.audio;
  }

  get video() {
    return this.#tracks.video;
  }

  /** What goes to the other for a medium: video, voice or text. */
  tracksFor(medium) {
    const audio = medium === "text" ? null : this.audio;
    return { audio, video: medium === "video" ? this.video : null };
  }

  /** Turns on what a medium needs, and off what it does not. Never throws: see `problems`. */
  async use(medium) {
    await this.#turn("audio", medium !== "text");
    await this.#turn("video", medium === "video");
  }

  /** Uses another camera ("video") or microphone ("audio"). */
  async choose(kind, id) {
    this.#chosen[kind] = id;
    this.#stop(kind);
    await this.#turn(kind, true);
  }

  /** The cameras ("video") or microphones ("audio") there are: [{ id, label }]. */
  async list(kind) {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return all
      .filter((one) => one.kind === `${kind}input` && one.label)
      .map(({ deviceId: id, label }) => ({ id, label }));
  }

  /** Lets nothing be heard for a while, or again. */
  mute(on) {
    this.isMuted = on;
    if (this.audio) this.audio.enabled = !on;
  }

  stop() {
    this.#stop("audio");
    this.#stop("video");
  }

  async #turn(kind, on) {
    this.problems[kind] = null;
    if (!on) this.#stop(kind);
    if (!on || this.#tracks[kind]?.readyState === "live") return;
    try {
      const chosen = this.#chosen[kind];
      const wanted = { ...WANTED[kind], ...(chosen ? { deviceId: { exact: chosen } } : {}) };
      const stream = await navigator.mediaDevices.getUserMedia({ [kind]: wanted });
      [this.#tracks[kind]] = stream.getTracks();
      if (kind === "audio") this.mute(this.isMuted);
    } catch (error) {
      this.problems[kind] = PROBLEMS[error.name] ?? "failed";
    }
  }

  #stop(kind) {
    this.#tracks[kind]?.stop();
    this.#tracks[kind] = null;
  }
}

/** Calls `told` with how loud a track is, 0 to 1, some times a second; gives a function that ends it. */
export function listenTo(track, told) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(wave);
    const power = wave.reduce((sum, value) => sum + value * value, 0) / wave.length;
    told(Math.min(1, Math.sqrt(power) * 4));
  }, 120);
  return () => {
    clearInterval(timer);
    context.close();
  };
}
