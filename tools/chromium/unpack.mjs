// Unpacks the Chromium of @sparticuz/chromium, and the libraries it needs, into the folder given.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { brotliDecompressSync } from "node:zlib";

const target = resolve(process.argv[2]);
const packed = new URL("node_modules/@sparticuz/chromium/bin/", import.meta.url);
const unpacked = (name) => brotliDecompressSync(readFileSync(new URL(name, packed)));

mkdirSync(target, { recursive: true });
writeFileSync(`${target}/chromium.bin`, unpacked("chromium.br"));
chmodSync(`${target}/chromium.bin`, 0o755);
for (const name of ["al2023", "fonts", "swiftshader"]) {
  writeFileSync(`${target}/${name}.tar`, unpacked(`${name}.tar.br`));
  execFileSync("tar", ["-xf", `${target}/${name}.tar`, "-C", target]);
  rmSync(`${target}/${name}.tar`);
}
writeFileSync(
  `${target}/chromium`,
  `#!/bin/sh
export LD_LIBRARY_PATH="${target}/lib:\${LD_LIBRARY_PATH:-}"
export FONTCONFIG_PATH="\${FONTCONFIG_PATH:-${target}/fonts}"
exec "${target}/chromium.bin" "$@"
`,
);
chmodSync(`${target}/chromium`, 0o755);
