import type { Camera, Size } from "./camera.js";
import { type PointRenderer, drawingOrder, resize } from "./renderer.js";

const VERTEX = `#version 300 es
in vec2 place; in vec4 colour; in float diameter;
uniform vec2 centre; uniform vec2 unit; uniform float ratio;
out vec4 tint; out float pixels;
void main() {
  gl_Position = vec4((place - centre) * unit, 0.0, diameter > 0.0 ? 1.0 : 0.0);
  if (diameter <= 0.0) gl_Position = vec4(2.0, 2.0, 0.0, 1.0);
  pixels = diameter * ratio;
  gl_PointSize = pixels + 1.0;
  tint = colour;
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
  const [centre, unit, ratio] = [uniform("centre"), uniform("unit"), uniform("ratio")];
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
  let places = new Float32Array();
  let order = new Uint32Array();
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
      places = Float32Array.from(points, (value) => (Number.isNaN(value) ? 1e9 : value));
    },
    setStyle(colours, sizes, lit) {
      order = drawingOrder(places.length / 2, lit);
      fill("place", ordered(places, 2, new Float32Array(places.length)), 2);
      fill("colour", ordered(colours, 4, new Uint8Array(colours.length)), 4);
      fill("diameter", ordered(sizes, 1, new Float32Array(sizes.length)), 1);
    },
    draw({ x, y, scale }: Camera, size: Size, most) {
      const pixels = resize(canvas, size);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(centre, x, y);
      gl.uniform2f(unit, (2 * scale) / size.width, (2 * scale) / size.height);
      gl.uniform1f(ratio, pixels);
      const first = Math.max(0, order.length - most);
      gl.drawArrays(gl.POINTS, first, order.length - first);
    },
    dispose() {
      for (const buffer of buffers.values()) gl.deleteBuffer(buffer);
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
