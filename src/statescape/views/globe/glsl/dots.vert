#version 300 es
// One dot for each token. Values come from a texture with one slice for each state, 256 texels wide, so that scrubbing
// is one uniform. Depth is not distance but importance: first the near side, then the weighty, so that nothing likely
// is ever buried.
layout(location = 0) in vec3 place;
layout(location = 1) in float lit; // 0 searched and not found, 1/2 no search, 1 found
uniform vec3 eye, forward, right, up, body;
uniform vec2 scale; // of clip space
uniform float k, room, density, layer, change, rest;
uniform int mode, states, levels;
uniform highp sampler2DArray bytes;
uniform highp sampler2D table, shades; // shades: what a level of rank means as probability, a row for each state
out vec4 colour;
out float radius;

// Modes: 0 rank, 1 probability, 2 its change, 3 cosine.
float at(int state) {
  float level = 255. * texelFetch(bytes, ivec3(gl_VertexID % 256, gl_VertexID / 256, max(state, 0)), 0).r;
  if (mode == 1 || mode == 2) return texelFetch(shades, ivec2(level + .5, max(state, 0)), 0).r;
  return level / float(levels);
}

void main() {
  vec3 v = place - eye;
  float w = (k * length(v) + dot(v, forward)) / (1. + k);
  vec2 clip = vec2(dot(v, right), dot(v, up)) * scale / max(w, 1e-4);
  if (w < .02 || abs(clip.x) > 1.1 || abs(clip.y) > 1.1) {
    gl_Position = vec4(2., 2., 2., 1.);
    return;
  }
  // 1 on the near side, 0 behind the horizon; from inside there is no horizon
  float near = mix(smoothstep(-.06, .1, dot(place, normalize(eye - place))), 1., smoothstep(1.1, .95, length(eye)));
  int a = int(layer), b = min(a + 1, states - 1);
  float t = layer - float(a);
  float value = mode == 2 ? clamp(.5 + change * mix(at(a) - at(a - 1), at(b) - at(b - 1), t), 0., 1.) : mix(at(a), at(b), t);
  float weight = mode < 2 ? pow(max(0., (value - .45) / .55), 2.) : pow(abs(2. * value - 1.), 1.5);
  if (lit > .75) weight = max(weight, .5);
  float stops = float(textureSize(table, 0).x);
  vec3 hue = texture(table, vec2((value * (stops - 1.) + .5) / stops, .5)).rgb;
  float strength = mix(rest, 1., sqrt(weight)) * (lit < .25 ? .3 : 1.);
  colour = vec4(mix(body, hue, mix(.16, 1., near)), mix(strength * .75, strength, near));
  radius = (room * (.8 + .2 * weight) + 3.4 * weight) * density * mix(.8, 1., near);
  gl_Position = vec4(clip, (1. - near) * .5 + (1. - weight) * .4, 1.);
  gl_PointSize = 2. * radius + 2.;
}
