// Writes _static/live/: `npm install && npm run build` in this folder, after a version in package.json has changed.
// The suffix .mjs keeps Jupyter Book from putting these files into every page.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, transform } from "esbuild";

const THEBE = "thebe-core@0.5.0"; // npm cannot resolve its dependencies; the bundle in the package has them inside
const target = "../../_static/live";

await build({
  entryPoints: ["editor.js"],
  outfile: `${target}/editor.min.mjs`,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
});

const folder = mkdtempSync(join(tmpdir(), "thebe-"));
const archive = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder, THEBE], { encoding: "utf8" });
execFileSync("tar", ["xzf", join(folder, archive.trim()), "-C", folder]);
const thebe = readFileSync(`${folder}/package/dist/lib/thebe-core.min.js`, "utf8");
// thebe-core writes its settings, the server's token among them, to the console's debug log: taken out.
const quiet = await transform(thebe, { minify: true, pure: ["console.debug"], legalComments: "none", target: "es2022" });
writeFileSync(`${target}/thebe-core.min.mjs`, quiet.code);

const packages = ["@codemirror", "@lezer", "@marijn"].flatMap((scope) =>
  readdirSync(`node_modules/${scope}`).map((name) => `${scope}/${name}`));
const licences = [
  ["thebe-core", `${folder}/package/LICENSE`],
  ["libraries inside thebe-core", `${folder}/package/dist/lib/thebe-core.min.js.LICENSE.txt`],
  ["JupyterLab, Lumino and Jupyter widgets inside thebe-core", "LICENSE-jupyter.txt"],
  ...[...packages, "crelt", "style-mod", "w3c-keyname"].map((name) => [name, `node_modules/${name}/LICENSE`]),
];
const texts = licences.map(([name, path]) => `== ${name}\n\n${readFileSync(path, "utf8").trim()}\n`);
writeFileSync(`${target}/LICENSES.txt`, texts.join("\n"));
rmSync(folder, { recursive: true });
