// Names, for each HTML file, what the four large families of mail programs do not support of it.
// usage: node caniemail.mjs FILE.html…   prints {file: {feature: [programs]}} as JSON.
import { caniemail } from "caniemail";
import { readFileSync } from "node:fs";
import path from "node:path";

const clients = ["gmail.*", "outlook.*", "apple-mail.*", "yahoo.*"];
const told = {};
for (const file of process.argv.slice(2)) {
  const features = {};
  for (const [client, issues] of caniemail({ clients, html: readFileSync(file, "utf8") }).issues.errors) {
    for (const { title } of issues) features[title] = [...new Set([...(features[title] ?? []), client])];
  }
  told[path.basename(file, ".html")] = features;
}
console.log(JSON.stringify(told));
