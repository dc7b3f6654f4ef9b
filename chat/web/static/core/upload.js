// Sends a picture, and tells how far it has come; `fetch` cannot tell that.

import { SamtaleError } from "../protocol/errors.js";
import { language } from "./i18n.js";

const ADDRESS = "/api/v1/pictures";

/**
 * Uploads a Blob; `progress(share)` hears from 0 to 1. Gives { id, width, height }, and the same one
 * again when the same picture is sent again. Throws SamtaleError; an aborted `signal` rejects nothing.
 */
export function upload(picture, { progress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", ADDRESS);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", picture.type);
    request.setRequestHeader("Accept-Language", language());
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded / total));
    request.addEventListener("error", () => reject(SamtaleError.disconnected()));
    request.addEventListener("load", () => {
      const { status, response } = request;
      if (status === 201) resolve(response);
      else reject(errorOf(response, status));
    });
    signal.addEventListener("abort", () => request.abort());
    request.send(picture);
  });
}

function errorOf(response, status) {
  if (response?.error) return SamtaleError.fromWire(response.error, status);
  return new SamtaleError({ code: "internal", then: "retry", status });
}
