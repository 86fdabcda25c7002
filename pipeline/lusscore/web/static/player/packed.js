// Takes the server's binary answers apart.

/** Pictures: their count, the size of each, then all; little-endian uint32. Returns JPEG blobs. */
export function unpackPictures(buffer) {
  const view = new DataView(buffer);
  const count = view.getUint32(0, true);
  const blobs = [];
  let start = 4 * (count + 1);
  for (let at = 0; at < count; at += 1) {
    const size = view.getUint32(4 * (at + 1), true);
    blobs.push(new Blob([new Uint8Array(buffer, start, size)], { type: "image/jpeg" }));
    start += size;
  }
  return blobs;
}

/** Maps: little-endian float32, (pictures, rows, columns, 4), whatever the machine's own order. */
export function unpackMaps(buffer) {
  const view = new DataView(buffer);
  return Float32Array.from({ length: buffer.byteLength / 4 }, (_, at) => view.getFloat32(4 * at, true));
}
