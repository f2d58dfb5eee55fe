#version 300 es
precision mediump float;
in vec2 at;
uniform vec3 body, edge;
uniform float shown, size;
out vec4 pixel;
void main() {
  float square = dot(at, at), r = sqrt(square);
  float cover = clamp((1. - r) * size + .5, 0., 1.);
  float glow = max(0., 1. - (r - 1.) / .12);
  glow *= glow * glow * .34 * (1. - cover);
  vec3 inner = mix(body, edge, min(square * square * square, 1.));
  pixel = vec4(inner * cover + edge * glow, cover + glow) * shown;
}
