#version 300 es
uniform vec2 reach;
out vec2 at;
void main() {
  at = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2. - 1.;
  gl_Position = vec4(at * reach, .999, 1.);
  at *= 1.12;
}
