// Unpacks pictures and saliency maps, and draws a map over a frame as a report does:
// the score's map less the mean of the four, as a share of the most anywhere in the clip.

const MOST_OPAQUE = 0.8;
const LONGEST_SIDE = 224;
// lightness rises along it, and no colour of it is grey as ultrasound is
const RAMP = ["#8a2be2", "#d6389b", "#ff7a3d", "#ffd23f", "#fff08a"].map((colour) =>
  [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));

export class SaliencyMaps {
  /** `maps` (pictures, rows, columns, 4), `window` of the pictures in the network's square. */
  constructor(maps, { rows, columns }, { height, width, window }) {
    this.maps = maps;
    this.rows = rows;
    this.columns = columns;
    const factor = Math.min(1, LONGEST_SIDE / Math.max(height, width));
    this.height = Math.max(1, Math.round(height * factor));
    this.width = Math.max(1, Math.round(width * factor));
    const [left, top, right, bottom] = window;
    this.down = weights(rows, top, bottom, this.height);
    this.across = weights(columns, left, right, this.width);
    this.most = [0, 1, 2, 3].map((score) => this.strongest(score));
  }

  /** Paint the map of one picture for a score; `share` 0–1 of the usual strength. */
  paint(canvas, picture, score, share) {
    canvas.width = this.width;
    canvas.height = this.height;
    const context = canvas.getContext("2d");
    const image = context.createImageData(this.width, this.height);
    const most = this.most[score];
    if (most > 0) this.colour(image.data, this.speaks(picture, score), most, share);
    context.putImageData(image, 0, 0);
  }

  colour(pixels, cells, most, share) {
    const { columns, down, across, height, width } = this;
    for (let y = 0; y < height; y += 1) {
      const { near: top, far: bottom, part: low } = down[y];
      for (let x = 0; x < width; x += 1) {
        const { near: left, far: right, part } = across[x];
        const above = mix(cells[top * columns + left], cells[top * columns + right], part);
        const below = mix(cells[bottom * columns + left], cells[bottom * columns + right], part);
        const strength = Math.min(1, Math.max(0, mix(above, below, low) / most));
        if (strength <= 0) continue;
        const at = 4 * (y * width + x);
        const place = strength * (RAMP.length - 1);
        const from = Math.min(RAMP.length - 2, Math.floor(place));
        for (let channel = 0; channel < 3; channel += 1)
          pixels[at + channel] = mix(RAMP[from][channel], RAMP[from + 1][channel], place - from);
        pixels[at + 3] = 255 * Math.min(1, MOST_OPAQUE * strength * share);
      }
    }
  }

  speaks(picture, score) {
    const size = this.rows * this.columns;
    const cells = new Float32Array(size);
    let at = 4 * size * picture;
    for (let cell = 0; cell < size; cell += 1, at += 4) {
      const mean = (this.maps[at] + this.maps[at + 1] + this.maps[at + 2] + this.maps[at + 3]) / 4;
      cells[cell] = this.maps[at + score] - mean;
    }
    return cells;
  }

  strongest(score) {
    const pictures = this.maps.length / (4 * this.rows * this.columns);
    let most = 0;
    for (let picture = 0; picture < pictures; picture += 1)
      for (const value of this.speaks(picture, score)) if (value > most) most = value;
    return most;
  }
}

function mix(from, to, part) {
  return from + (to - from) * part;
}

/** Between which cells' centres each pixel lies; beyond the outermost their values go on. */
function weights(cells, start, stop, pixels) {
  return Array.from({ length: pixels }, (_, pixel) => {
    const centre = start + ((pixel + 0.5) / pixels) * (stop - start);
    const place = Math.min(cells - 1, Math.max(0, centre * cells - 0.5));
    const near = Math.floor(place);
    return { near, far: Math.min(cells - 1, near + 1), part: place - near };
  });
}

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
