/* What the scripts of a page share: elements, packed text, files to keep, and the link, which holds the state of every
   part of a page by its name: `#sphere=...&lens=...`. Whatever a vocabulary holds is text here. */
const statescapePage = (() => {
  "use strict";

  function h(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  /* A gzip stream in base64 as text. */
  async function unpacked(packed) {
    if (typeof DecompressionStream === "undefined") throw new Error("§this browser is too old (before 2023).§");
    const text = atob(packed);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i); // three times as fast as Uint8Array.from
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  /* Save what an address holds, or a content, as a file. */
  const keepAt = (download, href) => h("a", { href, download }).click();
  function keep(name, content, type) {
    const href = URL.createObjectURL(new Blob([content], { type }));
    keepAt(name, href);
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }

  const parts = () => location.hash.slice(1).split("&").filter(Boolean);
  const link = {
    read: (name) => parts().find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? null,
    write(name, value) {
      const others = parts().filter((part) => !part.startsWith(`${name}=`));
      try {
        history.replaceState(history.state, "", `#${[...others, ...(value === "" ? [] : [`${name}=${value}`])].join("&")}`);
      } catch { /* a sandboxed frame may not */ }
    },
    section: () => parts().find((part) => !part.includes("=")) ?? "",
    go: (section) => { location.hash = [section, ...parts().filter((part) => part.includes("="))].join("&"); },
  };

  return { h, unpacked, keep, keepAt, csvOf, link };
})();
