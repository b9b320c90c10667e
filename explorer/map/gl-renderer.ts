import type { Camera, Size } from "./camera.js";
import {
  GROWN,
  type PointRenderer,
  drawingOrder,
  faintness,
  litPlaces,
  resize,
} from "./renderer.js";

const VERTEX = `#version 300 es
in vec2 place; in vec4 colour; in float diameter;
uniform vec2 centre; uniform vec2 unit; uniform float ratio; uniform float opacity;
out vec4 tint; out float pixels;
void main() {
  gl_Position = vec4((place - centre) * unit, 0.0, diameter > 0.0 ? 1.0 : 0.0);
  if (diameter <= 0.0) gl_Position = vec4(2.0, 2.0, 0.0, 1.0);
  pixels = diameter * ratio;
  gl_PointSize = pixels + 1.0;
  tint = opacity > 0.0 ? vec4(colour.rgb, opacity) : colour;
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 tint; in float pixels; out vec4 shade;
void main() {
  float from = length(gl_PointCoord - 0.5) * (pixels + 1.0);
  float alpha = tint.a * clamp(pixels * 0.5 - from + 0.5, 0.0, 1.0);
  if (alpha < 0.004) discard;
  shade = vec4(tint.rgb * alpha, alpha);
}`;

/** Points by WebGL2; undefined where there is none. */
export function glRenderer(canvas: HTMLCanvasElement): PointRenderer | undefined {
  const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true });
  const program = gl && linkProgram(gl);
  if (!gl || !program) return undefined;
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const uniform = (name: string): WebGLUniformLocation | null =>
    gl.getUniformLocation(program, name);
  const [centre, unit] = [uniform("centre"), uniform("unit")];
  const [ratio, opacity] = [uniform("ratio"), uniform("opacity")];
  const buffers = new Map<string, WebGLBuffer>();
  const fill = (name: string, data: Float32Array | Uint8Array, width: number): void => {
    const buffer = buffers.get(name) ?? gl.createBuffer();
    buffers.set(name, buffer);
    const at = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(at);
    const isBytes = data instanceof Uint8Array;
    gl.vertexAttribPointer(at, width, isBytes ? gl.UNSIGNED_BYTE : gl.FLOAT, isBytes, 0, 0);
  };
  const chosen = gl.createBuffer();
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, chosen);
  let order = new Uint32Array();
  /** Number of points that are lit; undefined where all are alike. */
  let lit: number | undefined;
  const ordered = <T extends Float32Array | Uint8Array>(data: T, width: number, out: T): T => {
    for (let i = 0; i < order.length; i++) {
      for (let j = 0; j < width; j++) out[width * i + j] = data[width * order[i] + j];
    }
    return out;
  };
  return {
    kind: "webgl2",
    setPoints(points) {
      // A place that is not a number would be drawn at the centre.
      const places = points.map((value) => (Number.isNaN(value) ? 1e9 : value));
      order = drawingOrder(points.length / 2);
      fill("place", ordered(places, 2, new Float32Array(places.length)), 2);
    },
    setStyle(colours, sizes) {
      fill("colour", ordered(colours, 4, new Uint8Array(colours.length)), 4);
      fill("diameter", ordered(sizes, 1, new Float32Array(sizes.length)), 1);
    },
    setLit(given) {
      const found = litPlaces(order, given);
      if (found !== undefined) gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, found, gl.DYNAMIC_DRAW);
      lit = found?.length;
    },
    draw({ x, y, scale }: Camera, size: Size, most) {
      const pixels = resize(canvas, size);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(centre, x, y);
      gl.uniform2f(unit, (2 * scale) / size.width, (2 * scale) / size.height);
      gl.uniform1f(ratio, pixels);
      gl.uniform1f(opacity, lit === undefined ? 0 : faintness(order.length));
      const first = Math.min(order.length, Math.max(0, order.length + (lit ?? 0) - most));
      gl.drawArrays(gl.POINTS, first, order.length - first);
      if (lit === undefined) return;
      gl.uniform1f(ratio, GROWN * pixels);
      gl.uniform1f(opacity, 0);
      const shown = Math.min(lit, most);
      gl.drawElements(gl.POINTS, shown, gl.UNSIGNED_INT, 4 * (lit - shown));
    },
    dispose() {
      for (const buffer of [chosen, ...buffers.values()]) gl.deleteBuffer(buffer);
      gl.deleteProgram(program);
      // Browsers hold few contexts, and would keep this one until the canvas is collected.
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

function linkProgram(gl: WebGL2RenderingContext): WebGLProgram | undefined {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) return undefined;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) === true ? program : undefined;
}
