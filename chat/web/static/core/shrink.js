// Makes a picture small enough to be sent: telephones take larger ones than anybody needs to see.

export const LARGEST_BYTES = 5 * 1024 * 1024;
const MOST_PIXELS = 12_000_000;
const LONGEST_SIDE = 2560;
const QUALITY = 0.86;
export const KINDS = ["image/jpeg", "image/png", "image/webp"];

/** Gives { blob, bitmap }: what to send, and what to show meanwhile. Throws when it is no picture. */
export async function readyToSend(file) {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const isFine =
    KINDS.includes(file.type) && file.size <= LARGEST_BYTES && width * height <= MOST_PIXELS;
  if (isFine) return { blob: file, bitmap };
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const canvas = drawn(bitmap, width * scale, height * scale);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return { blob, bitmap };
}

/** The picture on a canvas of that size. */
export function drawn(bitmap, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}
