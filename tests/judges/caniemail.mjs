// Names, for each HTML file, what the four large families of mail programs do not support of it.
// usage: node caniemail.mjs FILE.html…   prints {file: {feature: [programs]}} as JSON; "partly …" is supported in part.
import { caniemail } from "caniemail";
import { readFileSync } from "node:fs";
import path from "node:path";

const clients = ["gmail.*", "outlook.*", "apple-mail.*", "yahoo.*"];
const told = {};
for (const file of process.argv.slice(2)) {
  const features = {};
  const { errors, warnings } = caniemail({ clients, html: readFileSync(file, "utf8") }).issues;
  for (const [prefix, found] of [["", errors], ["partly ", warnings]]) {
    for (const [client, issues] of found) {
      for (const { title } of issues) (features[prefix + title] ??= new Set()).add(client);
    }
  }
  told[path.basename(file, ".html")] = Object.fromEntries(Object.entries(features).map(([name, who]) => [name, [...who]]));
}
console.log(JSON.stringify(told));
