"""How tests and benchmarks start Chromium: no traffic of its own, WebGL in software."""

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]

WITHOUT_CARD = [*FLAGS, "--disable-gpu-rasterization", "--disable-gpu-compositing"]
"""The same for tests: pages are painted without the graphics interface, which takes a third of a page's time where
software stands in for a card. WebGL is drawn as before. Benchmarks keep the flags that their numbers were made with."""
