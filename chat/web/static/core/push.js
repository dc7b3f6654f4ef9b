// Web Push on this device: whether it can, and turning it on and off.

import { session } from "./session.js";

const WORKER = "/service-worker.js";

/** Whether this browser can take push messages at all. */
export function canPush() {
  return "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
}

/**
 * Asks the person, subscribes with the server's key, and tells the server. Gives "on"; "denied" when
 * the person or the browser says no; "failed" when the browser's push service cannot be had.
 */
export async function turnOn(key) {
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  const registration = await navigator.serviceWorker.register(WORKER);
  await navigator.serviceWorker.ready;
  let subscription;
  try {
    subscription = await subscribed(registration, key);
  } catch {
    return "failed";
  }
  const { endpoint, keys } = subscription.toJSON();
  const { p256dh, auth } = keys;
  await session.client.call("push.subscribe", { endpoint, p256dh, auth });
  return "on";
}

/** Ends this device's subscription, here and at the server. */
export async function turnOff(subscription) {
  await session.client.call("push.unsubscribe", { subscription });
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

// A subscription made for another key of the server's is of no use any more.
async function subscribed(registration, key) {
  const kept = await registration.pushManager.getSubscription();
  if (kept && sameKey(kept.options.applicationServerKey, key)) return kept;
  await kept?.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

function sameKey(bytes, key) {
  const written = btoa(String.fromCharCode(...new Uint8Array(bytes ?? [])));
  return written.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") === key;
}
