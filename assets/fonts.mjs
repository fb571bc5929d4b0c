// Cuts the fonts down to the letters that Dutch, English and European names
// need, and to the weights that the style sheet uses: 39 KB for the two files
// that every page has. The result is committed in internal/web/ui/static.
import { copyFile, readFile, writeFile } from "node:fs/promises";
import subset from "subset-font";

const letters = (from, to) =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join("");

const latin = letters(0x20, 0x7e) + letters(0xa0, 0xff) + "ıŒœŠšŸŽž–—‘’‚“”„•…€←↑→↓";
const others = letters(0x100, 0x17f) + "ȘșȚțẞ";

const fonts = [
  ["atkinson-hyperlegible-next", "latin", latin, { min: 400, max: 700 }, "body"],
  ["atkinson-hyperlegible-next", "latin-ext", others, { min: 400, max: 700 }, "body-ext"],
  ["literata", "latin", latin, 600, "heading"],
  ["literata", "latin-ext", others, 600, "heading-ext"],
];

for (const [family, part, text, wght, name] of fonts) {
  const source = `node_modules/@fontsource-variable/${family}/files/${family}-${part}-wght-normal.woff2`;
  const cut = await subset(await readFile(source), text, { targetFormat: "woff2", variationAxes: { wght } });
  await writeFile(`../internal/web/ui/static/${name}.woff2`, cut);
  console.log(`${name}.woff2 ${cut.length} bytes`);
}

for (const family of ["atkinson-hyperlegible-next", "literata"]) {
  await copyFile(`node_modules/@fontsource-variable/${family}/LICENSE`, `../internal/web/ui/static/${family}-license.txt`);
}
