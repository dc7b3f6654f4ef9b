// How good a connection is, in a word: from what WebRTC counts. Pure.

const FAIR = { loss: 0.03, delay: 0.35 };
const POOR = { loss: 0.1, delay: 0.8 };

/** What is counted at one moment, of an RTCStatsReport: { lost, received, delay }. */
export function countsOf(report) {
  const counts = { lost: 0, received: 0, delay: 0 };
  for (const one of report.values()) {
    if (one.type === "inbound-rtp") {
      counts.lost += one.packetsLost ?? 0;
      counts.received += one.packetsReceived ?? 0;
    } else if (one.type === "candidate-pair" && one.nominated && one.state === "succeeded") {
      counts.delay = Math.max(counts.delay, one.currentRoundTripTime ?? 0);
    }
  }
  return counts;
}

/** good, fair, poor or silent (nothing comes), from what was counted before and now. */
export function qualityOf(before, now) {
  const received = now.received - before.received;
  const lost = Math.max(0, now.lost - before.lost);
  if (received <= 0) return "silent";
  const loss = lost / (received + lost);
  if (loss > POOR.loss || now.delay > POOR.delay) return "poor";
  if (loss > FAIR.loss || now.delay > FAIR.delay) return "fair";
  return "good";
}

/** How long until a moment of the server's clock: { minutes, seconds }, never below nothing. */
export function leftUntil(moment, now) {
  const seconds = Math.max(0, Math.ceil((moment - now) / 1_000));
  return { minutes: Math.ceil(seconds / 60), seconds };
}
