// One dot for each token. Values come from a texture with one slice for each state, so that scrubbing is one uniform;
// depth is not distance but importance, first the near side, then the weighty, so that nothing likely is ever buried.

const TEXTURE_WIDTH = 256;

const DOT_VERTEX = `#version 300 es
layout(location = 0) in vec3 place;
layout(location = 1) in float lit; // 0 searched and not found, 1/2 no search, 1 found
uniform vec3 eye, forward, right, up, body;
uniform vec2 scale; // of clip space
uniform float k, room, density, layer, change, rest;
uniform int mode, states;
uniform highp sampler2DArray bytes;
uniform highp sampler2D table;
out vec4 colour;
out float radius;
float at(int state) {
  ivec3 texel = ivec3(gl_VertexID % ${TEXTURE_WIDTH}, gl_VertexID / ${TEXTURE_WIDTH}, max(state, 0));
  return texelFetch(bytes, texel, 0).r;
}
void main() {
  vec3 v = place - eye;
  float w = (k * length(v) + dot(v, forward)) / (1. + k);
  float near = mix(smoothstep(-.06, .1, dot(place, normalize(eye - place))), 1., smoothstep(1.1, .95, length(eye)));
  vec2 clip = vec2(dot(v, right), dot(v, up)) * scale / max(w, 1e-4);
  if (w < .02 || abs(clip.x) > 1.1 || abs(clip.y) > 1.1) { gl_Position = vec4(2., 2., 2., 1.); return; }
  int a = int(layer), b = min(a + 1, states - 1);
  float t = layer - float(a), value, weight;
  if (mode == 1) {
    value = clamp(.5 + change * mix(at(a) - at(a - 1), at(b) - at(b - 1), t), 0., 1.);
    weight = pow(abs(2. * value - 1.), 1.5);
  } else {
    value = mix(at(a), at(b), t);
    weight = mode == 0 ? pow(max(0., (value - .45) / .55), 2.) : pow(value, 4.);
  }
  bool found = lit > .75;
  if (found) weight = max(weight, .5);
  vec3 hue = texture(table, vec2((value * 255. + .5) / 256., .5)).rgb;
  float strength = mix(rest, 1., sqrt(weight));
  if (lit < .25) strength *= .3;
  colour = vec4(mix(body, hue, mix(.16, 1., near)), mix(strength * .75, strength, near));
  radius = (room * (.8 + .2 * weight) + 3.4 * weight) * density * mix(.8, 1., near);
  gl_Position = vec4(clip, (1. - near) * .5 + (1. - weight) * .4, 1.);
  gl_PointSize = 2. * radius + 2.;
}`;

const DOT_FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
in float radius;
uniform float rimmed;
out vec4 pixel;
void main() {
  float from = length(gl_PointCoord - .5) * (2. * radius + 2.);
  float cover = clamp(radius + .5 - from, 0., 1.) * colour.a;
  if (cover < .04) discard;
  float rim = rimmed * smoothstep(2., 5., radius) * smoothstep(radius - 1.8, radius - .4, from);
  pixel = vec4(colour.rgb * (1. - rim) * cover, cover);
}`;

const BODY_VERTEX = `#version 300 es
uniform vec2 reach;
out vec2 at;
void main() {
  at = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2. - 1.;
  gl_Position = vec4(at * reach, .999, 1.);
  at *= 1.12;
}`;

const BODY_FRAGMENT = `#version 300 es
precision mediump float;
in vec2 at;
uniform vec3 body, edge;
uniform float shown, size;
out vec4 pixel;
void main() {
  float r = length(at);
  float cover = clamp((1. - r) * size + .5, 0., 1.);
  float glow = pow(max(0., 1. - (r - 1.) / .12), 3.) * .34 * (1. - cover);
  vec3 inner = mix(body, edge, pow(min(r, 1.), 6.));
  pixel = vec4(inner * cover + edge * glow, cover + glow) * shown;
}`;
