#version 300 es
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
}
